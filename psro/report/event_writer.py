"""TensorBoard's event files without torch: scalars, images and text, each with its own time."""

import itertools
import os
import socket
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.plugins.custom_scalar import metadata
from tensorboard.plugins.custom_scalar.layout_pb2 import Layout
from tensorboard.summary.writer.record_writer import RecordWriter

FILE_VERSION = "brain.Event:2"
"""What TensorBoard's reader expects in the first event of a file."""
TEXT_PLUGIN = "text"
_counter = itertools.count()


class EventWriter:
    """One directory of events, which TensorBoard shows as one run.

    Raises OSError where the system refuses to write. TensorBoard's own EventFileWriter writes in a thread, which
    would print the error and leave the file without its rest.
    """

    def __init__(self, directory: Path, began: float) -> None:
        """`began`: the time of its first event.

        It tells a TensorBoard that watches since before to forget what an earlier file said.
        """
        directory.mkdir(parents=True, exist_ok=True)
        # TensorBoard reads a directory's files by name: time first, the counter for files of one second.
        name = f"{int(began):010d}.{socket.gethostname()}.{os.getpid()}.{next(_counter):06d}"
        self._file = open(directory / f"events.out.tfevents.{name}", "xb")  # noqa: SIM115  # closed by close
        self._records = RecordWriter(self._file)
        self._write(Event(wall_time=began, file_version=FILE_VERSION))
        start = SessionLog(status=SessionLog.START)
        self._write(Event(wall_time=began, step=0, session_log=start))

    def scalar(self, tag: str, step: int, value: float, time: float) -> None:
        """A point of a curve."""
        self._add(Summary.Value(tag=tag, simple_value=value), step, time)

    def image(self, tag: str, step: int, png: bytes, width: int, height: int, time: float) -> None:
        """A picture, of `width` times `height` pixels."""
        image = Summary.Image(height=height, width=width, colorspace=4, encoded_image_string=png)
        self._add(Summary.Value(tag=tag, image=image), step, time)

    def text(self, tag: str, step: int, markdown: str, time: float) -> None:
        """Markdown for the Text tab."""
        shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
        self._add(_of_plugin(TEXT_PLUGIN, tag, markdown.encode(), shape), step, time)

    def layout(self, layout: Layout, time: float) -> None:
        """What the Custom Scalars tab shows."""
        value = _of_plugin(
            metadata.PLUGIN_NAME,
            metadata.CONFIG_SUMMARY_TAG,
            layout.SerializeToString(),
            TensorShapeProto(),
        )
        self._add(value, 0, time)

    def flush(self) -> None:
        """Writes out what was added."""
        self._file.flush()

    def close(self) -> None:
        """Writes out and ends the file."""
        self._file.close()

    def _add(self, value: Summary.Value, step: int, time: float) -> None:
        self._write(Event(wall_time=time, step=step, summary=Summary(value=[value])))

    def _write(self, event: Event) -> None:
        self._records.write(event.SerializeToString())


def _of_plugin(plugin: str, tag: str, data: bytes, shape: TensorShapeProto) -> Summary.Value:
    """A string for one of TensorBoard's tabs."""
    plugin_data = SummaryMetadata.PluginData(plugin_name=plugin)
    return Summary.Value(
        tag=tag,
        metadata=SummaryMetadata(plugin_data=plugin_data),
        tensor=TensorProto(dtype=DT_STRING, string_val=[data], tensor_shape=shape),
    )
