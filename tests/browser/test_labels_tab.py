"""The tab Classify & generate in real Chromium, on tiny random models."""

from __future__ import annotations

import re
from typing import Any

import pytest
from labels_kit import COLOUR, DIGITS, LAB, THINGS, Bench, Lab, thing
from labels_kit import bench as bench
from labels_kit import labels_server as labels_server
from page_kit import file_of
from PIL import Image
from playwright.sync_api import expect
from reloads import forgive_reload

STEPS = [1, 2, 5, 10, 25]
READ = "p.columns.length === 5 && !p.busy"
MADE = "p.run?.made && !p.busy"


def opened(open_page: Any, bench: Bench, **options: Any) -> Lab:
    return Lab(open_page(bench.url, **options)).ready()


def generate(lab: Lab) -> None:
    lab.mode("Generate")
    lab.go()


# Classify -------------------------------------------------------------------------------------------------------


def test_a_stroke_is_read_in_one_to_twenty_five_steps_and_columns_appear_in_order(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    lab.page.evaluate(
        """() => {
          window.seen = [];
          const look = () => {
            const there = document.querySelectorAll(".lb-column:not(:disabled) .lb-coltitle");
            const now = [...there].map((n) => n.textContent);
            if (now.length !== window.seen.at(-1)?.length) window.seen.push(now);
          };
          const place = document.querySelector(".lb-columns");
          new MutationObserver(look).observe(place, { attributes: true, subtree: true });
        }"""
    )
    bench.brake.pause = 0.03
    lab.stroke((0.5, 0.2), (0.5, 0.5), (0.48, 0.8))
    lab.until(READ)
    titles = ["1 step", *(f"{n} steps" for n in STEPS[1:])]
    seen = [found for found in lab.page.evaluate("() => window.seen") if found]
    assert seen[-1] == titles and all(found == titles[: len(found)] for found in seen)
    assert len(seen) >= 4, "results appear one after the other"
    assert [c["steps"] for c in lab.get("columns")] == STEPS
    assert re.search(r"0\.\d\d spacings away\s+25 evaluations, \d", lab.page.locator(".lb-column").last.inner_text())
    assert lab.get("asked") == 1, "one stroke, one run"
    assert "20 × 20" in lab.page.locator(".lb-seenbox").inner_text()
    assert lab.page.evaluate("() => document.querySelector('.lb-seen').naturalWidth") == 32


def test_bars_and_path_belong_to_the_chosen_column(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    lab.button("7").click()
    lab.until(READ)
    columns = lab.get("columns")
    for index in (4, 0, 2):
        lab.page.locator(".lb-column").nth(index).click()
        lab.get("index")
        values = lab.page.locator(".lb-value").all_inner_texts()
        assert values == [f"{d:.2f}" for d in columns[index]["distances"]]
        assert lab.page.locator(".lb-chart circle").count() == STEPS[index] + 1
        on = lab.page.locator(".lb-name.lb-on").text_content()
        assert on == str(columns[index]["nearest"])
        assert lab.page.locator(".lb-bars .lb-on").inner_text().startswith(on)
    assert lab.page.locator(".lb-column").nth(2).get_attribute("aria-pressed") == "true"


def test_a_blank_pad_is_refused_in_a_sentence_and_nothing_is_asked(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    lab.button("Classify").last.click()
    assert "Draw a digit first" in lab.said
    lab.stroke((0.3, 0.3), (0.6, 0.6))
    lab.button("Clear").click()
    lab.page.wait_for_timeout(900)
    assert lab.get("asked") == 0, "the pad was cleared before the pen had rested"
    lab.give_file(file_of(Image.new("RGB", (60, 60), (90, 90, 90))))
    lab.until("p.asked === 1 && !p.busy")
    assert "no ink in this picture" in lab.said and lab.get("columns") == []


def test_undo_takes_the_last_stroke_back(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    lab.page.get_by_label("Classify as I draw").uncheck()

    def pad() -> str:
        return lab.page.evaluate("() => document.querySelector('.lb-pad').toDataURL()")

    blank = pad()
    lab.stroke((0.3, 0.3), (0.6, 0.6))
    one = pad()
    lab.stroke((0.6, 0.3), (0.3, 0.6))
    assert len({blank, one, pad()}) == 3
    lab.button("Undo").click()
    assert pad() == one
    lab.button("Undo").click()
    assert pad() == blank
    expect(lab.button("Undo")).to_be_disabled()  # buttons follow with the next frame of the screen
    lab.page.wait_for_timeout(800)
    assert lab.get("asked") == 0, "the switch is off"


def test_the_switch_is_off_and_classify_reads_the_drawing(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    lab.page.get_by_label("Classify as I draw").uncheck()
    lab.stroke((0.3, 0.3), (0.6, 0.6))
    lab.page.wait_for_timeout(800)
    assert lab.get("asked") == 0
    lab.page.locator(".lb-go:visible").dblclick()
    lab.until(READ)
    assert lab.get("asked") == 1, "a double click is one run"


def test_what_is_drawn_during_a_run_is_read_after_it(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    bench.brake.hold_at = 1
    lab.button("1").first.click()
    lab.until("p.busy")
    lab.stroke((0.2, 0.5), (0.8, 0.5))
    lab.page.wait_for_timeout(800)
    assert lab.get("asked") == 1
    bench.let_go()
    lab.until("p.asked === 2 && " + READ)


@pytest.mark.parametrize("given", ["drawing", "file"])
def test_what_is_given_while_pictures_are_made_is_read_after_them(open_page: Any, bench: Bench, given: str) -> None:
    lab = opened(open_page, bench)
    bench.brake.hold_at = 1
    generate(lab)
    lab.until("p.run?.newest === 0")
    lab.mode("Classify")
    lab.stroke((0.5, 0.2), (0.5, 0.8)) if given == "drawing" else lab.give_file(file_of(thing(1)))
    lab.page.wait_for_timeout(800)
    assert lab.get("asked") == 1
    bench.let_go()
    lab.until("p.asked === 2 && p.run?.made && " + READ)
    assert lab.get("mode") == "classify" and "Read as" in lab.said


def test_a_drawing_taken_away_while_pictures_are_made_is_not_asked_about(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    bench.brake.hold_at = 1
    generate(lab)
    lab.until("p.run?.newest === 0")
    lab.mode("Classify")
    lab.stroke((0.5, 0.2), (0.5, 0.8))
    lab.page.wait_for_timeout(800)
    lab.button("Clear").click()
    bench.let_go()
    lab.until(MADE)
    assert lab.get("asked") == 1 and lab.said == "8 pictures made."


def test_eight_seeds_say_how_many_agree(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    assert lab.button("Try 8 seeds").is_disabled()
    lab.button("3").first.click()
    lab.until(READ)
    lab.page.locator(".lb-column").nth(1).click()
    lab.button("Try 8 seeds").click()
    lab.until("p.agreement && !p.busy")
    found = lab.get("agreement")
    most = max(set(found["nearest"]), key=found["nearest"].count)
    text = lab.page.locator(".lb-agreement").inner_text()
    assert f"{found['nearest'].count(most)} of 8 read {most} in 2 steps." in text
    assert lab.page.locator(".lb-chip").all_inner_texts() == [str(n) for n in found["nearest"]]
    assert len(lab.get("columns")) == 5, "the columns stay"


def test_a_seed_that_is_none_is_refused_beside_its_box(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    box = lab.page.get_by_label("Seed of the noise").filter(visible=True)
    for text in ("", "-1", "1.5", "99999999999", "abc"):
        box.fill(text)
        assert "whole number from 0 to" in lab.said and box.get_attribute("aria-invalid") == "true"
    lab.button("2").first.click()
    lab.page.wait_for_timeout(800)
    assert lab.get("asked") == 0
    lab.button("New seed").click()
    assert box.get_attribute("aria-invalid") == "false"
    lab.go()
    lab.until(READ)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"no picture", "picture"), (b"\x89PNG\r\n\x1a\n" + bytes(40), "picture"), (bytes(12_500_000), "above 12 MB")],
    ids=["text", "broken", "huge"],
)
def test_files_that_cannot_be_read_are_refused_in_a_sentence(
    open_page: Any, bench: Bench, data: bytes, words: str
) -> None:
    lab = opened(open_page, bench)
    lab.give_file(data)
    lab.page.wait_for_function(f"() => !{LAB}.busy && document.querySelector('.lb-said.lb-bad')")
    assert words in lab.said and lab.get("columns") == []


def test_a_colour_model_takes_files_only_and_shows_names(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    lab.model(COLOUR)
    assert lab.page.locator(".lb-pad").is_hidden() and lab.page.get_by_label("Classify as I draw").is_hidden()
    lab.give_file(file_of(thing(1), "JPEG"), "a very long name of a picture.jpg", "image/jpeg")
    lab.until(READ)
    assert "32 × 32" in lab.page.locator(".lb-seenbox").inner_text()
    assert lab.page.locator(".lb-column b").first.inner_text() in THINGS
    first = lab.get("prepared")["picture"]
    lab.button("New seed").click()
    lab.go()
    lab.until("p.asked === 2 && " + READ)
    assert lab.get("prepared")["picture"] == first, "the prepared picture is asked about again, unchanged"


# Generate -------------------------------------------------------------------------------------------------------


def test_eight_pictures_form_and_are_scrubbed_without_the_server(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    lab.mode("Generate")
    lab.button("4").click()
    bench.brake.pause = 0.05
    lab.go()
    lab.until("p.run?.newest >= 1 && p.busy")
    lab.until(MADE)
    run = lab.get("run")
    assert (run["label"], run["samples"], run["steps"], run["arrived"]) == (4, 8, 6, 7)
    last = lab.pictures()
    assert len(last) == 8 == len(set(last))
    asked: list[str] = []
    lab.page.on("request", lambda request: asked.append(request.url))
    slider = lab.page.get_by_role("slider", name="Time t of the pictures")
    slider.focus()
    seen = [last]
    for _ in range(6):
        lab.page.keyboard.press("ArrowLeft")
        seen.append(lab.pictures())
    assert lab.get("index") == 0 and len({tuple(pictures) for pictures in seen}) == 7
    assert "t = 0.00" in lab.page.locator(".lb-transport b").inner_text()
    lab.button("Play").click()
    lab.until("p.index === 6 && !p.playing")
    assert lab.pictures() == last and asked == []
    note = lab.page.locator(".lb-runnote").inner_text()
    assert "6 steps" in note and "seed 0" in note and "β 0.20" in note


def test_another_network_reads_the_pictures_and_mismatches_are_marked(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    generate(lab)
    lab.until(MADE)
    for badge, entry in zip(lab.page.locator(".lb-badge").all(), lab.get("run")["made"], strict=True):
        wrong = entry["reads"] != 0
        assert badge.inner_text() == f"{'✗ ' if wrong else ''}reads {entry['reads']}"
        assert ("lb-wrong" in badge.get_attribute("class")) == wrong
    assert "a separate network, trained apart (Tiny judge)" in lab.root.inner_text()
    lab.model(COLOUR)
    assert "nobody judges" in lab.root.inner_text()
    lab.go()
    lab.until(MADE)
    assert set(lab.page.locator(".lb-badge").all_inner_texts()) == {""}


def test_a_made_picture_is_classified_by_a_press(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    generate(lab)
    lab.until(MADE)
    made = lab.get("run")["made"]
    lab.page.locator(".lb-tile").nth(2).click()
    lab.until("p.mode === 'classify' && " + READ)
    shown = lab.page.locator(".lb-over img")
    assert shown.is_visible() and shown.get_attribute("src") == made[2]["picture"]
    assert "exactly as it was made" in lab.page.locator(".lb-seenbox").inner_text()
    lab.button("Draw instead").click()
    assert lab.page.locator(".lb-pad").is_visible() and lab.get("prepared") is None


def test_stop_keeps_what_formed_and_the_next_run_starts(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    lab.mode("Generate")
    bench.brake.hold_at = 3
    lab.go()
    lab.until("p.run?.newest === 2")
    lab.button("Stop").click()
    assert not lab.get("busy") and lab.said == "Stopped."
    assert "stopped at step 2 of 6" in lab.page.locator(".lb-runnote").inner_text()
    before = lab.get("run")["id"]
    bench.let_go()
    lab.go()
    lab.until(MADE)
    assert lab.get("run")["id"] != before and lab.get("run")["arrived"] == 7


def test_another_model_ends_the_run_of_the_one_before(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    lab.mode("Generate")
    bench.brake.hold_at = 2
    lab.go()
    lab.until("p.run?.newest === 1")
    lab.model(COLOUR)
    assert lab.get("run") is None and not lab.get("busy")
    bench.let_go()
    lab.go()
    lab.until(MADE)
    assert lab.get("run")["model"] == COLOUR
    assert lab.page.locator(".lb-classes button").all_inner_texts() == list(THINGS)


def test_a_stop_while_waiting_for_others_is_a_stop(open_page: Any, bench: Bench) -> None:
    first, second = opened(open_page, bench), opened(open_page, bench)
    for lab in (first, second):
        lab.mode("Generate")
    bench.brake.hold_at = 1
    first.go()
    first.until("p.run?.newest === 0")
    starts = bench.brake.starts
    second.go()
    second.page.wait_for_timeout(300)
    second.button("Stop").click()
    assert not second.get("busy")
    bench.let_go()
    first.until(MADE)
    second.page.wait_for_timeout(400)
    assert bench.brake.starts == starts and second.get("run") is None
    second.go()
    second.until(MADE)


def test_a_full_queue_is_a_sentence_and_the_next_try_works(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    lab.mode("Generate")
    full = {"status": 503, "json": {"detail": "Queue is full."}}
    lab.page.route("**/queue/join*", lambda route: route.fulfill(**full))
    lab.go()
    lab.until("p.asked === 1 && !p.busy")
    assert "could not take this in now" in lab.said
    lab.page.unroute("**/queue/join*")
    lab.page.problems[:] = [line for line in lab.page.problems if "503" not in line]
    lab.go()
    lab.until(MADE)


def test_a_run_that_breaks_says_so_and_nothing_of_the_server(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    lab.mode("Generate")
    bench.brake.fail_at = 2
    lab.go()
    lab.until("p.run?.ended === 'failed' && !p.busy")
    assert "failed" in lab.said and "secret" not in lab.root.inner_text()
    assert lab.page.locator(".lb-go:visible").is_enabled()


def test_the_grid_is_saved_as_one_picture(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    generate(lab)
    lab.until(MADE)
    with lab.page.expect_download() as caught:
        lab.button("Download PNG").click()
    assert caught.value.suggested_filename == f"{DIGITS}_0_6steps_seed0.png"
    with Image.open(caught.value.path()) as saved:
        assert saved.size == (4 * 204 + 12, 2 * 204 + 12 + 30)
        assert saved.convert("L").crop((12, 12, 204, 204)).getextrema() != (255, 255)


def test_two_visitors_do_not_meet(open_page: Any, bench: Bench) -> None:
    first, second = opened(open_page, bench), opened(open_page, bench)
    for lab, digit in ((first, "1"), (second, "8")):
        lab.mode("Generate")
        lab.button(digit).click()
        lab.go()
    for lab, digit in ((first, 1), (second, 8)):
        lab.until(MADE)
        assert lab.get("run")["label"] == digit and lab.get("run")["arrived"] == 7
    assert first.get("run")["id"] != second.get("run")["id"]


def test_a_reload_starts_anew(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    lab.mode("Generate")
    bench.brake.hold_at = 2
    lab.go()
    lab.until("p.run?.newest === 1")
    lab.page.reload()
    bench.let_go()
    forgive_reload(lab.ready().page)
    assert (lab.get("run"), lab.get("busy"), lab.get("mode")) == (None, False, "classify")
    lab.button("5").first.click()
    lab.until(READ)


# Looks ----------------------------------------------------------------------------------------------------------


def test_everything_is_reached_and_used_by_keyboard(open_page: Any, bench: Bench) -> None:
    lab = opened(open_page, bench)
    lab.page.locator(".lb-seg button").first.focus()
    names = []
    for _ in range(26):
        names.append(
            lab.page.evaluate(
                """() => { const n = document.activeElement;
                  return n.getAttribute("aria-label") ?? n.labels?.[0]?.textContent ?? n.textContent; }"""
            )
        )
        lab.page.keyboard.press("Tab")
    wanted = ["Classify", "Generate", "Model", "Thin", "9", "Choose a picture instead", "Classify as I draw",
              "Seed of the noise", "New seed"]  # fmt: skip
    places = [names.index(name) for name in wanted]
    assert places == sorted(places) and "Classify" in names[places[-1] :]
    lab.button("6").first.focus()
    lab.page.keyboard.press("Enter")
    lab.until(READ)
    lab.page.locator(".lb-column").nth(3).focus()
    lab.page.keyboard.press("Space")
    lab.get("index")
    assert lab.page.locator(".lb-column").nth(3).get_attribute("aria-pressed") == "true"
    unnamed = lab.page.evaluate(
        """() => [...document.querySelectorAll('#labels :is(button, input, select)')].filter((n) => n.checkVisibility()
          && n.getAttribute("aria-hidden") !== "true"
          && !(n.getAttribute("aria-label") || n.labels?.length || n.textContent.trim())).map((n) => n.outerHTML)"""
    )
    assert unnamed == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_it_all_without_sideways_scrolling(open_page: Any, bench: Bench, theme: str) -> None:
    lab = opened(open_page, bench, width=390, height=844, ratio=3, touch=True, theme=theme)

    def fits() -> None:
        assert lab.page.evaluate("() => document.documentElement.scrollWidth") <= 390
        boxes = lab.page.evaluate(
            """() => [...document.querySelectorAll('#labels :is(button, select, input[type=range])')]
              .filter((n) => n.checkVisibility()).map((n) => [n.textContent, n.getBoundingClientRect().height])"""
        )
        assert [box for box in boxes if box[1] < 43.9] == []

    fits()
    lab.button("3").first.tap()
    lab.until(READ)
    fits()
    lab.mode("Generate")
    lab.go()
    lab.until(MADE)
    fits()


def test_a_finger_draws_and_the_page_stays_where_it_is(open_page: Any, bench: Bench) -> None:
    from spiral_kit import touch

    lab = opened(open_page, bench, width=390, height=844, touch=True)
    lab.page.locator(".lb-pad").scroll_into_view_if_needed()
    box, scrolled = lab.page.locator(".lb-pad").bounding_box(), lab.page.evaluate("() => scrollY")
    x, y = box["x"] + box["width"] / 2, box["y"]
    touch(lab.page, [(x, y + box["height"] * share / 10) for share in (8, 7, 6, 5, 4, 3, 2)])
    lab.until(READ)
    assert lab.page.evaluate("() => scrollY") == scrolled


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_jumps_when_results_arrive(open_page: Any, bench: Bench, width: int) -> None:
    lab = opened(open_page, bench, width=width, height=900)
    parts = (".lb-columns", ".lb-chart", ".lb-bars", ".lb-agreement", ".lb-go:visible")

    def places() -> list[int]:
        boxes = [lab.page.locator(part).first.bounding_box() for part in parts]
        return [round(box["y"]) for box in boxes]

    lab.page.evaluate("() => scrollTo(0, 0)")
    before = places()
    lab.button("3").first.click()
    lab.until(READ)
    lab.page.evaluate("() => scrollTo(0, 0)")
    moved = [abs(a - b) for a, b in zip(before, places(), strict=True)]
    assert max(moved) <= (2 if width > 700 else 24), dict(zip(parts, moved, strict=True))
