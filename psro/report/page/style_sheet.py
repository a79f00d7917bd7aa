"""How the page looks: on a laptop, on a phone, on paper."""

from psro.report.page.widths import CARDS, NARROW, SWITCH, WIDE

STYLE_SHEET = f"""
:root {{ color-scheme: light; --ink: #222; --faint: #5f5f5f; --rule: #dcdcdc; --accent: #0072B2; }}
* {{ box-sizing: border-box; }}
html {{ -webkit-text-size-adjust: 100%; }}
body {{ margin: 0 auto; padding: 0 16px 64px; max-width: {WIDE + 60:.0f}px; color: var(--ink); background: #fff;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }}
h1 {{ font-size: 1.7rem; line-height: 1.2; margin: 28px 0 4px; overflow-wrap: anywhere; }}
h2 {{ font-size: 1.3rem; margin: 44px 0 8px; padding-top: 10px; border-top: 2px solid var(--ink); }}
h3 {{ font-size: 1.05rem; margin: 0 0 8px; }}
p, li {{ max-width: 44em; }}
a {{ color: var(--accent); }}
code {{ font-size: .9em; overflow-wrap: anywhere; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; padding: 8px 10px; background: #f5f5f5; font-size: .85rem; }}
.state, .note, figcaption p, summary, nav {{ color: var(--faint); font-size: .9rem; }}
.shows {{ margin: 0 0 10px; }}
.state.interim {{ color: var(--ink); font-weight: bold; border-left: 4px solid #D55E00; padding-left: 10px; }}
nav {{ margin: 14px 0; line-height: 1.9; }}
nav a {{ margin-right: 14px; white-space: nowrap; }}
.tiles {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); gap: 10px; margin: 18px 0; padding: 0 1px; }}
.tile {{ border: 1px solid var(--rule); border-radius: 6px; padding: 10px 12px; break-inside: avoid; }}
.tile dt {{ color: var(--faint); font-size: .85rem; }}
.tile dd {{ margin: 0; font-size: 1.3rem; font-weight: 600; line-height: 1.3; overflow-wrap: anywhere; }}
.tile dd small {{ display: block; font-size: .82rem; font-weight: normal; color: var(--faint); }}
figure {{ margin: 26px 0 34px; break-inside: avoid; }}
figure svg {{ display: block; max-width: 100%; height: auto; font-family: inherit; overflow: visible; }}
figure svg.wide {{ display: none; }}
figure svg.narrow {{ width: 100%; max-width: {NARROW * 1.5:.0f}px; }}
figcaption p {{ margin: 8px 0 0; max-width: 48em; }}
.links {{ white-space: nowrap; }}
details {{ margin: 8px 0; }}
summary {{ cursor: pointer; }}
.scroll {{ overflow-x: auto; margin: 0 0 10px; }}
table {{ border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }}
caption {{ text-align: left; font-weight: 600; padding: 14px 0 4px; min-width: min(32em, 88vw); max-width: 52em; }}
td:has(code) {{ min-width: 14em; }}
th, td {{ text-align: left; padding: 3px 14px 3px 0; border-bottom: 1px solid var(--rule); vertical-align: top; overflow-wrap: break-word; }}
th {{ font-weight: 600; vertical-align: bottom; }}
.numbers td {{ white-space: nowrap; }}
.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
@media screen and (max-width: {CARDS}px) {{
  .cards thead {{ position: absolute; left: -9999px; }}
  .cards, .cards caption, .cards tbody, .cards tr, .cards td {{ display: block; }}
  .cards tr {{ padding: 6px 0; border-bottom: 1px solid var(--faint); }}
  .cards td {{ text-align: left; padding: 1px 0; border: 0; min-width: 0; overflow-wrap: anywhere; }}
  .cards td[data-label]::before {{ content: attr(data-label) ": "; color: var(--faint); }}
}}
@media (min-width: {SWITCH}px) {{
  .tiles.three {{ grid-template-columns: repeat(3, 1fr); }}
  figure svg.wide {{ display: block; }}
  figure svg.narrow {{ display: none; }}
}}
@media print {{
  body {{ max-width: none; padding: 0; font-size: 10.5pt; }}
  nav, details:not(.printed), .links {{ display: none; }}
  details.printed::details-content {{ content-visibility: visible; height: auto; }}
  a {{ color: inherit; text-decoration: none; }}
  figure svg.wide {{ display: block; width: 100%; }}
  figure svg.narrow {{ display: none; }}
  .tiles.three {{ grid-template-columns: repeat(3, 1fr); }}
  h2, h3, .shows, caption, summary {{ break-after: avoid; }}
  tr, li {{ break-inside: avoid; }}
  .scroll {{ overflow: visible; }}
}}
"""
