"""Pictures drawn once and shown twice: as SVG in report/index.html and as PNG beside it.

    marks.py    a picture as a list of marks in pixels; hatches and markers
    plane.py    from values to pixels: axes, ticks, grid
    legend.py   keys that flow over as many lines as the width asks for
    svg.py, raster.py   the marks as SVG text, as PNG bytes

Every figure is a function of its width, so that a phone gets a figure of its own and not a shrunk one.
"""
