"""The built site in a real browser: no error, no other host, nothing that overflows, nothing that keeps people out."""

from __future__ import annotations

import importlib.util
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from statistics import median

import pytest

from scalinglaws.notebooks import files

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
LACKING = "playwright" if not importlib.util.find_spec("playwright") else "" if BROWSER else "Chromium"
pytestmark = pytest.mark.skipif(
    bool(LACKING),
    reason=f"there is no {LACKING} here: playwright comes with the extra 'test', Chromium by "
    "'apt install chromium'; a Chrome of any origin will do",
)
#: What a browser is given to load a page, in milliseconds: much, since a busy machine is no fault.
PATIENCE = 120_000
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
#: What a loaded page is asked, in one go. A formula that nothing made one of is text between two dollars.
STATE = """async () => {
  const text = [], texts = document.createTreeWalker(document.querySelector("article") ?? document.body, 4);
  while (texts.nextNode()) {
    if (!texts.currentNode.parentElement.closest("pre, code, script, style, .math")) text.push(texts.currentNode.data);
  }
  const figures = [...document.querySelectorAll("article .cell_output img")];
  for (const figure of figures) figure.loading = "eager";
  return {
    wide: document.documentElement.scrollWidth - window.innerWidth,
    formulas: document.querySelectorAll(".math").length,
    drawn: document.querySelectorAll(".math mjx-container > svg").length,
    failed: document.querySelectorAll("mjx-merror, [data-mjx-error]").length,
    left: text.join(" ").match(/\\$[^$\\n]{1,60}\\$/g) ?? [],
    figures: await Promise.all(figures.map((one) => one.decode().then(() => [one.alt.trim().length, one.naturalWidth]))),
    box: document.querySelector(".finding-box")?.innerText ?? "",
  };
}"""
#: The table of claims is whole: a long one is put up in pieces.
WHOLE = "document.getElementById('claims').getAttribute('aria-busy') === 'false'"


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and keeps it to itself."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def address(site) -> Iterator[str]:
    """The site as a web server of this machine gives it out."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    """Chromium as it is installed, without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=BROWSER)
        yield chromium
        chromium.close()


class Visit:
    """A tab, and what it complained of or asked for."""

    def __init__(self, browser, address: str, size: dict[str, int], scheme: str = "light") -> None:
        self.context = browser.new_context(viewport=size, color_scheme=scheme)
        self.context.set_default_timeout(PATIENCE)
        self.address, self.complaints, self.asked = address, [], []
        self.page = self.context.new_page()
        self.page.on("console", self.heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def heard(self, message) -> None:
        """Keep what the console shows, if it is a complaint."""
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def go(self, place: str) -> None:
        """Load a page of the site, and wait until its mathematics is drawn."""
        self.page.goto(f"{self.address}/{place}")
        self.page.evaluate("() => window.MathJax?.startup?.promise")

    def elsewhere(self) -> list[str]:
        """What was asked of other hosts."""
        return [url for url in self.asked if not url.startswith((self.address + "/", "data:", "blob:"))]


@pytest.fixture
def visit(browser, address):
    """Open a tab of a size; all are closed in the end."""
    opened = []

    def tab(size=DESK, scheme="light") -> Visit:
        opened.append(Visit(browser, address, size, scheme))
        return opened[-1]

    yield tab
    for each in opened:
        each.context.close()


def test_every_page_loads_on_a_phone_without_error_and_asks_nobody_else(visit, pages):
    tab = visit(PHONE)
    found, faults = {}, []
    for place in sorted(pages):
        tab.asked.clear()
        tab.go(place)
        state = found[place] = tab.page.evaluate(STATE)
        mathjax = any("tex-svg.js" in url for url in tab.asked)
        faults += [f"{place}: {what}" for what in [*tab.complaints, *tab.elsewhere()]]
        faults += [f"{place}: {state['wide']} px too wide"] if state["wide"] > 0 else []
        if state["drawn"] != state["formulas"] or state["failed"] or mathjax != bool(state["formulas"]):
            faults.append(f"{place}: {state}, MathJax {'loaded' if mathjax else 'not loaded'}")
        # The reference shows source, in which a dollar is a dollar.
        if state["left"] and not place.startswith(("genindex", "reference/")):
            faults.append(f"{place}: left as text: {state['left']}")
        tab.complaints.clear()
    assert faults == []
    assert found["notebooks/10_chinchilla_third_approach.html"]["formulas"] > 5
    for name in files.names():
        state = found[f"notebooks/{name}.html"]
        assert "Download." in state["box"] and ("Headline." in state["box"] or files.without_claims(name)), (
            name
        )
        committed = files.code(files.read(files.locate(name)))
        drawn = sum("image/png" in out.get("data", {}) for cell in committed for out in cell.outputs)
        assert len(state["figures"]) == drawn > 0, name
        assert all(alt > 20 and width > 200 for alt, width in state["figures"]), (name, state["figures"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_desk_pages_have_the_colours_that_are_asked_for_and_figures_that_are_there(visit, scheme):
    tab = visit(DESK, scheme)
    for place in (
        "index.html",
        "scoreboard.html",
        "learn/failures.html",
        "notebooks/10_chinchilla_third_approach.html",
    ):
        tab.go(place)
        assert tab.page.evaluate("document.documentElement.dataset.theme") == scheme
        assert tab.page.evaluate(STATE)["wide"] <= 0, place
        pictures = tab.page.evaluate(
            """() => Promise.all([...document.querySelectorAll("article img")].map(async (img) => {
                 img.loading = "eager"; await img.decode(); return [img.alt, img.naturalWidth];
               }))"""
        )
        assert all(alt.strip() and width > 0 for alt, width in pictures), place
    assert len(pictures) > 2
    assert tab.complaints == []


def test_the_title_says_the_name_once(visit):
    tab = visit()
    tab.go("index.html")
    assert tab.page.title().count("Scaling Laws, Replicated") == 1


#: A thousand rows on the scoreboard and a group's more at most, whatever the number of claims: groups are
#: copied, or taken away, before its script begins.
A_THOUSAND = """
const table = document.getElementById("claims");
const lines = () => table.querySelectorAll("tr[data-role]").length;
for (const body of [...table.tBodies]) if (lines() < 1000) table.append(body.cloneNode(true));
for (const body of [...table.tBodies]) if (lines() - body.rows.length >= 1000) body.remove();
"""
#: Changes a field and lays the page out, as far as is done at once; what is put off waits to be released.
CHANGED = """([field, value]) => {
  window.putOff = [];
  window.timer = window.setTimeout;
  window.setTimeout = (what) => { window.putOff.push(what); return 0; };
  const element = document.getElementById("filters").elements[field];
  element.value = value;
  element.dispatchEvent(new Event("input", {bubbles: true}));
  document.body.offsetHeight;
}"""
RELEASED = "() => { window.setTimeout = window.timer; for (const what of window.putOff) what(); }"
#: What a tab's thread is busy with.
BUSY = ("ScriptDuration", "RecalcStyleDuration", "LayoutDuration")
SHOWN = """() => [...document.querySelectorAll("#claims tr[data-role]")].filter((row) => row.offsetHeight)"""


def test_the_scoreboard_sorts_and_filters_a_thousand_rows_in_a_tenth_of_a_second(visit, site):
    """In milliseconds of the tab's own thread until what fills the screen is there: others use this machine."""
    tab = visit()
    script = (site / "_static" / "scoreboard.js").read_text(encoding="utf-8")
    tab.page.route("**/scoreboard.js", lambda route: route.fulfill(body=A_THOUSAND + script))
    tab.go("scoreboard.html#flat=1")
    inside = tab.context.new_cdp_session(tab.page)
    inside.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy() -> float:
        found = {one["name"]: one["value"] for one in inside.send("Performance.getMetrics")["metrics"]}
        return sum(1000 * found[name] for name in BUSY)

    def took(field: str, value: str) -> float:
        tab.page.wait_for_function(WHOLE)
        before = busy()
        tab.page.evaluate(CHANGED, [field, value])
        after = busy()
        tab.page.evaluate(RELEASED)
        return after - before

    changes = {
        "text": ["kaplan", "loss", "", "the", ""],
        "role": ["live", "recomputed", "", "independent", ""],
        "sort": ["ours", "verdict", "statement", "claim"],
    }
    middle = {field: median(took(field, value) for value in values) for field, values in changes.items()}
    assert {field: ms for field, ms in middle.items() if not 0 < ms <= 100} == {}
    tab.page.wait_for_function(WHOLE)
    assert 1000 <= tab.page.evaluate(f"({SHOWN})().length") < 1100, "the rest follows"
    assert tab.complaints == []


def test_the_scoreboard_shows_what_is_asked_for_and_the_address_says_it(visit):
    tab = visit()
    tab.go("scoreboard.html")
    page = tab.page
    page.locator("#filters [name=role]").select_option("live")
    page.wait_for_function(WHOLE)
    assert page.evaluate(f"[...new Set(({SHOWN})().map((row) => row.dataset.role))]") == ["live"]
    every = page.evaluate(f"({SHOWN})().length")
    assert page.locator("#filters output").inner_text().startswith(f"{every} of ")
    page.locator("#claims thead button", has_text="ours").click()
    page.locator("#filters [name=flat]").check()
    page.wait_for_function(WHOLE)
    numbers = page.evaluate(f"({SHOWN})().map((row) => row.dataset.ours).filter(Boolean).map(Number)")
    assert len(numbers) > 3 and numbers == sorted(numbers)
    assert page.locator("#claims th[aria-sort=ascending]").count() == 1
    link = page.url
    again = visit()
    again.page.goto(link)
    again.page.wait_for_function(WHOLE)
    assert again.page.evaluate(f"({SHOWN})().map((row) => row.dataset.ours)") == page.evaluate(
        f"({SHOWN})().map((row) => row.dataset.ours)"
    )
    assert tab.complaints == again.complaints == []


def test_a_group_of_claims_opens_by_the_keyboard(visit):
    tab = visit()
    tab.go("scoreboard.html")
    assert tab.page.evaluate(f"({SHOWN})().length") == 0
    button = tab.page.locator("#claims tr.group button").first
    button.focus()
    tab.page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true" and tab.page.evaluate(f"({SHOWN})().length") > 0
    assert button.evaluate("(one) => one === document.activeElement"), "the next key is for this group again"


def test_on_paper_the_whole_table_stands(visit):
    tab = visit()
    tab.go("scoreboard.html#flat=1")
    tab.page.locator("#filters [name=sort]").select_option("ours")
    tab.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.page.evaluate(WHOLE)
    claims = int(tab.page.locator("#filters output").inner_text().split(" of ")[1].split()[0])
    assert tab.page.evaluate(f"({SHOWN})().length") == claims > 200


def test_search_finds_a_paper_by_its_author(visit):
    tab = visit()
    tab.go("search.html?q=Besiroglu")
    tab.page.wait_for_selector("#search-results li")
    tab.page.wait_for_selector("#search-results a[href*='10_chinchilla_third_approach']")
    assert tab.complaints == [] and tab.elsewhere() == []


def test_on_paper_there_are_no_sidebars_and_nothing_is_cut(visit):
    tab = visit()
    tab.page.emulate_media(media="print")
    tab.go("learn/failures.html")
    for gone in (".bd-sidebar-primary", ".bd-sidebar-secondary", ".bd-header-article"):
        assert not tab.page.locator(gone).first.is_visible(), gone
    assert tab.page.locator("h1:visible").all_inner_texts() == ["What did not replicate"]


#: What axe's rules on colour are called; of its rules only these may come out otherwise in the dark.
COLOURS = ["color-contrast", "link-in-text-block"]
AXED = (
    "index.html",
    "scoreboard.html",
    "learn/failures.html",
    "notebooks/40_inverse_scaling.html",
    "notebooks/60_learning_curves.html",
)


@pytest.mark.parametrize("place", AXED)
def test_nothing_keeps_people_out(visit, place):
    """By axe-core: no serious violation. Of a drawn formula only the outside is looked at, and of code a sample."""
    from axe_playwright_python.sync_playwright import Axe

    parts = {"exclude": [["mjx-container"], [".cell ~ .cell ~ .cell ~ .cell .highlight pre"]]}
    for scheme, rules in (("light", {}), ("dark", {"runOnly": COLOURS})):
        tab = visit(DESK, scheme)
        tab.go(place)
        found = Axe().run(tab.page, parts, {"resultTypes": ["violations"], **rules}).response
        assert found["passes"], "it has looked at something"
        serious = {
            each["id"]: [node["html"][:200] for node in each["nodes"][:3]]
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
        }
        assert serious == {}, scheme
