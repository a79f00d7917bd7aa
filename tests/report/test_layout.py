"""The Custom Scalars tab asks for curves that there are."""

import re
from dataclasses import asdict

import orjson

from psro.report.event_writer import EventWriter
from psro.report.headlines import headlines
from psro.report.layout import layout
from psro.report.record import read_run
from psro.report.tensorboard import points_of
from psro.report.timings import TIMINGS_FILE, Span


def test_every_chart_has_curves(finished_run, tmp_path):
    import shutil

    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    spans = [
        Span("group", "collect", "COLLECT", 1, 0, 2.0, 50, "battles", 10.0),
        Span("phase", "COLLECT", "COLLECT", 1, 0, 2.5, 0, "", 10.0),
    ]
    (run / TIMINGS_FILE).write_bytes(b"".join(orjson.dumps(asdict(s)) + b"\n" for s in spans))
    record = read_run(run)
    tags = {
        point.tag for point in points_of(record, headlines(record.iterations, record.certificates))
    }
    num_charts = 0
    for category in layout().category:
        for chart in category.chart:
            num_charts += 1
            for series in chart.margin.series:
                assert {series.value, series.lower, series.upper} <= tags
            for pattern in chart.multiline.tag:
                assert any(re.match(pattern, tag) for tag in tags), pattern
    assert num_charts > 10


def test_tensorboard_reads_the_layout_back(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.custom_scalar import metadata
    from tensorboard.plugins.custom_scalar.layout_pb2 import Layout

    writer = EventWriter(tmp_path, began=0.0)
    writer.layout(layout(), 0.0)
    writer.close()
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    [event] = events.Tensors(metadata.CONFIG_SUMMARY_TAG)
    assert Layout.FromString(event.tensor_proto.string_val[0]) == layout()
    assert metadata.PLUGIN_NAME in str(events.SummaryMetadata(metadata.CONFIG_SUMMARY_TAG))
