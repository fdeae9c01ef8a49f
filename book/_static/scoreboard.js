// Filters, sorts and folds the table of claims. Without this script the whole table is there.
// Everything that is set stands in the form, and from there in the address, so that a view can be linked to.
"use strict";

(function () {
  const table = document.getElementById("claims");
  const form = document.getElementById("filters");
  if (!table || !form) return;

  const FILTERS = ["chapter", "role", "verdict", "evidence", "cost"];
  const number = (text) => (text === "" ? null : Number(text));
  const alphabetical = new Intl.Collator().compare;
  // What a column is sorted by, where that is not the text of its cell.
  const KEYS = {
    claim: (row) => row.place,
    ours: (row) => number(row.data.ours),
    power: (row) => number(row.data.power),
    verdict: (row) => Number(row.data.order),
  };

  const headings = [...table.tHead.rows[0].cells];
  const fields = [...form.elements].filter((field) => field.name);
  const { text, sort, down, flat } = form.elements;
  const count = form.querySelector("output");
  const apart = document.createElement("tbody");
  const rows = [];
  const groups = [...table.tBodies].map((body) => {
    const [head, ...elements] = body.rows;
    const group = { body, head, button: head.querySelector("button") };
    group.rows = elements.map((element) => ({ element, group, data: { ...element.dataset } }));
    rows.push(...group.rows);
    return group;
  });
  rows.forEach((row, place) => {
    row.place = place;
    const said = [row.element.textContent, row.group.head.textContent, row.group.body.dataset.paper, row.data.chapter];
    row.text = said.join(" ").toLowerCase();
  });

  // The claim that the address names, whose group is then opened.
  function named() {
    const id = decodeURIComponent(location.hash.slice(1));
    return rows.find((row) => row.element.id === id);
  }

  function point(row) {
    row.group.open = true;
    show();
    finish();
    row.element.scrollIntoView({ block: "center" });
  }

  function read() {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const field of fields) {
      const value = asked.get(field.name) || "";
      if (field.type === "checkbox") field.checked = value === "1";
      else field.value = value;
      // A choice that there is not is no choice.
      if (field.tagName === "SELECT" && field.selectedIndex < 0) field.value = "";
    }
  }

  function write() {
    const said = new URLSearchParams();
    for (const field of fields) {
      const value = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value;
      if (value) said.set(field.name, value);
    }
    const hash = said.toString();
    history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
  }

  // What is not known stands last, whichever way the rest is sorted.
  function compared(a, b) {
    if (a === null || b === null) return (a === null) - (b === null);
    const order = typeof a === "string" ? alphabetical(a, b) : a - b;
    return down.checked ? -order : order;
  }

  function sorted() {
    if (!sort.value) return rows;
    const column = headings.findIndex((heading) => heading.dataset.sort === sort.value);
    const key = KEYS[sort.value] || ((row) => row.element.cells[column].textContent);
    const keyed = rows.map((row) => [key(row), row]);
    keyed.sort(([a, one], [b, other]) => compared(a, b) || one.place - other.place);
    return keyed.map((each) => each[1]);
  }

  // A screen shows some thirty lines. So many are put up at once; the others follow while nobody waits for
  // them, twice as many each time, since laying out a thousand takes longer than a change may.
  const AT_ONCE = 60;
  let waiting = [];
  let timer;

  function more(lines) {
    const places = new Map();
    let taken = 0;
    for (; taken < waiting.length && lines > 0; taken++) {
      const { place, element, height } = waiting[taken];
      if (!places.has(place)) places.set(place, document.createDocumentFragment());
      places.get(place).append(element);
      lines -= height;
    }
    waiting = waiting.slice(taken);
    for (const [place, pieces] of places) place.append(pieces);
    table.setAttribute("aria-busy", String(waiting.length > 0));
  }

  function later(lines) {
    if (!waiting.length) return;
    timer = setTimeout(() => {
      more(lines);
      later(2 * lines);
    });
  }

  function put(pieces) {
    clearTimeout(timer);
    for (const body of [...table.tBodies]) body.remove();
    apart.replaceChildren();
    if (flat.checked) table.append(apart);
    waiting = pieces;
    more(AT_ONCE);
    later(AT_ONCE);
  }

  function finish() {
    clearTimeout(timer);
    more(Infinity);
  }

  function unfold(group, open) {
    for (const row of group.rows) row.element.hidden = !(row.fits && (open || flat.checked));
    group.button.setAttribute("aria-expanded", String(open));
  }

  function show() {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = FILTERS.map((name) => [name, form.elements[name].value]).filter((each) => each[1]);
    for (const row of rows)
      row.fits =
        wanted.every(([name, value]) => row.data[name] === value) && words.every((word) => row.text.includes(word));
    const fitting = sorted().filter((row) => row.fits);
    // A group stands where the first of its rows does.
    const grouped = new Map();
    for (const row of fitting) {
      if (!grouped.has(row.group)) grouped.set(row.group, []);
      grouped.get(row.group).push(row.element);
    }
    for (const group of grouped.keys()) {
      // Groups are folded until something is looked for, or one is opened by hand.
      unfold(group, group.open ?? words.length + wanted.length > 0);
    }
    if (flat.checked) put(fitting.map((row) => ({ place: apart, element: row.element, height: 1 })));
    else
      put(
        [...grouped].map(([group, elements]) => {
          group.body.replaceChildren(group.head, ...elements);
          return { place: table, element: group.body, height: 1 + elements.length };
        }),
      );
    for (const heading of headings) {
      if (heading.dataset.sort !== sort.value) heading.removeAttribute("aria-sort");
      else heading.setAttribute("aria-sort", down.checked ? "descending" : "ascending");
    }
    count.value = `${fitting.length} of ${rows.length} claims`;
  }

  function changed() {
    for (const group of groups) group.open = null;
    write();
    show();
  }

  for (const group of groups) {
    group.button.addEventListener("click", () => {
      group.open = group.button.getAttribute("aria-expanded") !== "true";
      unfold(group, group.open);
    });
  }
  for (const heading of headings) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      down.checked = sort.value === heading.dataset.sort && !down.checked;
      sort.value = heading.dataset.sort;
      changed();
    });
  }
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  // The fields are emptied after the event.
  form.addEventListener("reset", () => setTimeout(changed));
  addEventListener("hashchange", () => {
    const row = named();
    read();
    if (row) point(row);
    else changed();
  });

  addEventListener("beforeprint", finish);

  form.hidden = false;
  read();
  show();
  const row = named();
  if (row) point(row);
})();
