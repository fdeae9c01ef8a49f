// Sorts, filters and folds the table of claims. Without this script the table is there whole.
// Everything that can be set stands in the address, so that a view can be linked to.
"use strict";

(function () {
  const table = document.getElementById("claims");
  const form = document.getElementById("filters");
  if (!table || !form) return;

  const FILTERS = ["chapter", "role", "verdict", "evidence", "cost"];
  // What a column is sorted by, where that is not the text of its cell.
  const KEYS = {
    claim: (row) => row.place,
    power: (row) => number(row.data.power),
    ours: (row) => number(row.data.ours),
    verdict: (row) => Number(row.data.order),
  };
  const number = (text) => (text === "" ? null : Number(text));

  const headings = [...table.tHead.rows[0].cells];
  const groups = [...table.tBodies].map((body) => ({
    body,
    head: body.rows[0],
    button: body.rows[0].querySelector("button"),
    open: false,
  }));
  const rows = groups.flatMap((group) =>
    [...group.body.rows].slice(1).map((element) => ({ element, group, data: { ...element.dataset } }))
  );
  rows.forEach((row, place) => {
    row.place = place;
    row.text = (row.element.textContent + " " + row.group.head.textContent + " " + row.data.chapter).toLowerCase();
  });
  const flat = document.createElement("tbody");
  const count = form.querySelector("output");

  function read() {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const field of form.elements) {
      if (!field.name) continue;
      if (field.type === "checkbox") field.checked = asked.get(field.name) === "1";
      else field.value = asked.get(field.name) || "";
      // A choice that there is not is no choice.
      if (field.tagName === "SELECT" && field.selectedIndex < 0) field.value = "";
    }
    const [key, direction] = (asked.get("sort") || "").split(" ");
    const known = headings.some((heading) => heading.dataset.sort === key);
    table.dataset.by = known ? key : "";
    table.dataset.down = known && direction === "down" ? "1" : "";
  }

  function write() {
    const said = new URLSearchParams();
    for (const field of form.elements) {
      if (!field.name) continue;
      const value = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value;
      if (value) said.set(field.name, value);
    }
    if (table.dataset.by) said.set("sort", table.dataset.by + (table.dataset.down ? " down" : ""));
    const hash = said.toString();
    history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
  }

  // What is not known stands last, whichever way the rest is sorted.
  function compared(a, b, down) {
    if (a === null || b === null) return (a === null) - (b === null);
    const order = typeof a === "string" ? a.localeCompare(b) : a - b;
    return down ? -order : order;
  }

  function sorted() {
    const by = table.dataset.by;
    if (!by) return rows;
    const column = headings.findIndex((heading) => heading.dataset.sort === by);
    const keyed = rows.map((row) => ({
      row,
      key: KEYS[by] ? KEYS[by](row) : row.element.cells[column].textContent,
    }));
    keyed.sort((a, b) => compared(a.key, b.key, table.dataset.down) || a.row.place - b.row.place);
    return keyed.map((each) => each.row);
  }

  function show() {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = FILTERS.map((name) => [name, form.elements[name].value]).filter((each) => each[1]);
    const apart = form.elements.flat.checked;
    let shown = 0;
    for (const row of rows) {
      row.fits =
        wanted.every(([name, value]) => row.data[name] === value) && words.every((word) => row.text.includes(word));
      shown += row.fits;
    }
    const order = sorted();
    const bodies = new DocumentFragment();
    if (apart) {
      flat.replaceChildren(...order.map((row) => row.element));
      bodies.append(flat);
    } else {
      // A group stands where the first of its rows would.
      const grouped = new Map();
      for (const row of order) {
        if (!grouped.has(row.group)) grouped.set(row.group, []);
        grouped.get(row.group).push(row.element);
      }
      for (const [group, elements] of grouped) {
        group.body.replaceChildren(group.head, ...elements);
        bodies.append(group.body);
      }
    }
    for (const row of rows) row.element.hidden = !row.fits || !(apart || row.group.open || words.length);
    for (const group of groups) {
      group.body.hidden = !group.rows.some((row) => row.fits);
      group.button.setAttribute("aria-expanded", String(group.open || words.length > 0));
    }
    table.append(bodies);
    if (!apart) flat.remove();
    else groups.forEach((group) => group.body.remove());
    for (const heading of headings) {
      const on = heading.dataset.sort === table.dataset.by;
      if (on) heading.setAttribute("aria-sort", table.dataset.down ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    }
    count.value = `${shown} of ${rows.length} claims`;
  }

  function changed() {
    write();
    show();
  }

  for (const group of groups) {
    group.rows = rows.filter((row) => row.group === group);
    group.button.addEventListener("click", () => {
      group.open = !group.open;
      show();
    });
  }
  for (const heading of headings) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const key = heading.dataset.sort;
      table.dataset.down = table.dataset.by === key && !table.dataset.down ? "1" : "";
      table.dataset.by = key;
      changed();
    });
  }
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => {
    table.dataset.by = table.dataset.down = "";
    setTimeout(changed);
  });
  addEventListener("hashchange", () => {
    read();
    show();
  });

  form.hidden = false;
  read();
  show();
})();
