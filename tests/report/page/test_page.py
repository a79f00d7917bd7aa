"""report/index.html: whole, self-contained, and with the same numbers as everything else."""

import csv
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from psro.machine.manifest import FAILED, RUNNING, Manifest
from psro.report.breakdown import quickest_defeats
from psro.report.charts import charts_of
from psro.report.findings import findings_of
from psro.report.gain_tables import headline_text
from psro.report.headlines import headlines
from psro.report.page import report_page
from psro.report.page.elements import inline
from psro.report.page.opening import MOST_CHIPS
from psro.report.page.replays import replays_in
from psro.report.page.widths import NARROW, WIDE
from psro.report.record import read_json, read_run
from psro.report.summary import summary_markdown
from psro.report.watching import command_for, not_made
from psro.toys.tree_game import PokerConfig, TreeGame
from tests.phases.conftest import drive_config, rps_config
from tests.report.drawing.crossing import crossing_words

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Reader(HTMLParser):
    """What stands in a page; complains about tags that do not match."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.addresses, self.words, self.tags = [], [], [], [], set()
        self.feed(text)
        self.close()
        assert self.open == [], self.open

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(value)
            if name in ("href", "src", "xlink:href"):
                self.addresses.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass  # of SVG

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())


def page_of(directory, interim=False):
    findings = findings_of(directory)
    return report_page(findings, charts_of(findings), replays_in(directory / "report"), interim)


@pytest.fixture(scope="module")
def page(finished_run):
    return page_of(finished_run)


def test_every_figure_stands_there_at_both_widths(page, finished_run):
    reader = Reader(page)
    names = list(charts_of(findings_of(finished_run)))
    assert len(names) > 9
    assert set(names) <= set(reader.ids)
    for css_class in ("wide", "narrow"):
        assert page.count(f'<svg class="{css_class}"') == len(names)
    assert len(set(reader.ids)) == len(reader.ids)


def test_it_needs_no_network_and_no_script(page):
    reader = Reader(page)
    assert not re.search(r"https?://|//\w+\.\w|@import|url\(", page)
    assert not reader.tags & {"script", "link", "iframe", "img"}
    for address in reader.addresses:
        assert re.fullmatch(r"#\w+|\w+\.(png|csv)", address)
    anchors = [address[1:] for address in reader.addresses if address.startswith("#")]
    assert set(anchors) <= set(reader.ids)


def test_its_numbers_are_the_summarys(page, finished_run):
    text = Reader(page).text
    record = read_run(finished_run)
    known = headlines(record.iterations, record.certificates)
    last = record.iterations[-1]
    assert headline_text(known[last.index]) in text
    for name, entry in last.summary["meta_strategy"].items():
        if entry["weight"] > 0.01:
            assert f"{name} {100 * entry['weight']:.1f} %" in text
    certificate = read_json(finished_run / "certificate_3" / "certificate.json")
    for row in certificate["showcase"]:
        if row["pool"] == "held_out":
            assert f"{100 * row['win_rate']['estimate']:.1f} %" in text


def test_the_csv_of_a_figure_has_its_numbers_as_they_are(finished_run):
    charts = charts_of(findings_of(finished_run))

    def rows(name):
        return list(csv.DictReader(charts[name].to_csv().decode().splitlines()))

    matrix = read_json(finished_run / "iteration_3" / "interaction_matrix.json")
    names = matrix["names"]
    for row in rows("interaction_matrix"):
        expected = matrix["matrix"][names.index(row["row"])][names.index(row["column"])]
        assert float(row["estimate"]) == pytest.approx(expected, abs=1e-12)
        assert float(row["low"]) < expected < float(row["high"])
        assert sum(int(row[key]) for key in ("wins", "ties", "losses")) == 200
    record = read_run(finished_run)
    known = headlines(record.iterations, record.certificates)
    told = {
        int(r["iteration"]): r for r in rows("exploitability") if r["measure"] == "exploitability"
    }
    assert {step: float(row["estimate"]) for step, row in told.items()} == {
        step: headline["estimate"] for step, headline in known.items()
    }
    weights = {r["policy"]: float(r["estimate"]) for r in rows("sigma_weights")}
    assert weights == record.iterations[-1].weights
    num_points = sum(len(t.curve["points"]) for t in record.trainings)
    losses = [r for r in rows("training_curves") if r["metric"] == "critic_loss"]
    assert len(losses) == num_points, "thinned in the figure alone"


def test_a_run_in_progress_says_so_and_leaves_out_what_it_has_not(running_run):
    text = Reader(page_of(running_run, interim=True)).text
    assert "The run is not over: it is at COLLECT, iteration 3" in text
    assert "not measured" in text
    assert "certificate's gain" not in text


def test_a_failed_run_says_why_and_one_that_writes_its_report_is_finished(running_run, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(running_run, run)
    manifest = Manifest.load(run)
    note = "RuntimeError: the disk of lane 3 is <gone>"
    ended = replace(manifest.history[-1], note=note, time="2027-03-04T05:06:07+00:00")
    manifest = replace(manifest, history=(*manifest.history, ended))
    failed = f"The run FAILED in COLLECT, iteration 3 ({note})"
    for status, said in ((FAILED, failed), (RUNNING, "The run is not over")):
        replace(manifest, status=status).save(run)
        assert said in Reader(page_of(run, interim=True)).text
        assert said.partition(" (")[0] in summary_markdown(findings_of(run), [], interim=True)
    assert "Finished 2027-03-04 · seed" in Reader(page_of(run)).text, (
        "REPORT is the last that a run does"
    )


def test_every_figure_says_what_it_shows_how_it_is_read_and_at_which_level(finished_run):
    for name, chart in charts_of(findings_of(finished_run)).items():
        assert re.fullmatch(r"[A-Z].{30,}\.", chart.shows), name
        if name != "interaction_matrix":  # rows and columns, no axes
            assert re.search(r"[Tt]o the right: ", chart.caption), name
        levels = (
            {row[chart.columns.index("level")] for row in chart.rows}
            if "level" in chart.columns
            else set()
        )
        told = "95 %" if levels else r"no estimates|without intervals|counted|wall time"
        assert re.search(told, chart.caption), name


def test_words_of_figures_lie_inside_and_not_on_each_other(finished_run):
    for name, chart in charts_of(findings_of(finished_run)).items():
        for width in (WIDE, NARROW):
            assert crossing_words(chart.draw(width)) == [], (name, width)


def test_intervals_stay_with_their_numbers_in_a_cell():
    assert inline("0.1 [0.0, 0.2] at 97.5 %").count("\N{NO-BREAK SPACE}") == 3
    assert (
        inline("61.2 % [59.1, 63.3]")
        == "61.2\N{NO-BREAK SPACE}%\N{NO-BREAK SPACE}[59.1,\N{NO-BREAK SPACE}63.3]"
    )


def test_tables_have_captions_and_their_cells_say_their_column_on_a_phone(page):
    tables = re.findall(r"<table.*?</table>", page, re.DOTALL)
    assert tables
    for found in tables:
        css_class = re.match(r'<table class="(\w+)">', found)[1]
        assert css_class == "numbers" or "<caption>" in found or 'data-label="' in found
        if css_class == "cards" and "<thead>" in found:
            heads = re.findall(r"<th .*?>(.*?)</th>", found)
            [first, *_] = re.findall(r"<tr>(<td.*?)</tr>", found)
            assert first.count("data-label") == sum(map(bool, heads))


def test_a_run_that_has_solved_nothing_is_a_page_too(running_run, tmp_path):
    (tmp_path / "manifest.json").write_bytes((running_run / "manifest.json").read_bytes())
    assert "No iteration is solved yet" in Reader(page_of(tmp_path, interim=True)).text


def test_exact_games_have_no_ratings_and_no_noise(tmp_path):
    drive_config(rps_config(), tmp_path)
    text = Reader(page_of(tmp_path)).text
    assert "most numbers are exact" in text
    assert "Ratings are not shown" in text
    assert "limited number of battles" not in text
    assert "95 %" not in "".join(
        chart.caption for chart in charts_of(findings_of(tmp_path)).values()
    )
    assert "what the counts allow" not in text
    assert "certificate_curve" not in charts_of(findings_of(tmp_path)), (
        "nobody was trained on battles"
    )


@pytest.mark.parametrize("variant", ["kuhn", "leduc"])
def test_what_a_gain_is_in_chips(variant):
    tree = TreeGame(PokerConfig(variant=variant)).tree
    assert tree.max_chips == MOST_CHIPS[variant]


def test_replays_are_listed_with_a_line_each_and_linked_from_their_battles(
    finished_run, page, tmp_path
):
    assert "<h2>Replays</h2>" not in page
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    defeat = quickest_defeats(findings_of(run).subjects[1])[0]
    label, _, _ = Path(defeat.file).stem.rpartition("_")
    unit = f"certificate_3/{label}/0"
    folder = run / "report" / "replays" / unit
    folder.mkdir(parents=True)
    address = f"replays/{unit}/{defeat.place:03d}_a_vs_b.html"
    (run / "report" / address).write_text("<title>A quick\n defeat &amp; why</title>")
    (folder / f"{defeat.place:03d}_a_vs_b.log").write_text("|start")
    (run / "report/replays/c_plain.html").write_text("nothing")
    text = page_of(run)
    assert f"<h3>{unit}</h3>" in text
    assert f'<a href="{address}">A quick defeat &amp; why</a>' in text
    assert f'<a href="{address}">{defeat.num_turns} turns</a>' in text, (
        "where the page names that battle"
    )
    assert '<a href="replays/c_plain.html">c plain</a>' in text
    assert text.count('href="replays/') >= 3
    Reader(text)
    subjects = findings_of(run).subjects
    unlinked = not_made(subjects, run)
    assert defeat.place not in unlinked.get(unit, [])
    for subject in subjects:
        assert command_for(run, not_made([subject], run)) in Reader(text).text, (
            "the rest can be made"
        )


def test_names_that_look_like_html_are_text(finished_run, tmp_path):
    run = tmp_path / "<b>run</b>"
    shutil.copytree(finished_run, run)
    page = page_of(run)
    assert "<b>run" not in page
    assert "&lt;b&gt;run&lt;/b&gt;" in page
    Reader(page)


def test_the_history_names_every_process_and_the_config_every_setting(page):
    text = Reader(page).text
    assert "1 process worked on it" in text
    assert "fresh start" in text
    assert "psro.num_iterations" in text
    assert "seed 77, cloned against offline" in text, "the battle that broke"
