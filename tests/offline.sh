#!/bin/sh
# Run a command with no network but loopback (kernels need that), where the machine allows it.
[ "$(id -u)" = 0 ] && flags=-n || flags=-rn
if unshare $flags sh -c 'ip link set lo up' 2>/dev/null; then
    echo "network: loopback only"
    exec unshare $flags sh -c 'ip link set lo up && exec "$@"' sh "$@"
fi
echo "network: as it is (this machine allows no network namespace)"
exec "$@"
