import HTML

/// A page in the style of reports.
package func page(title: String, body: String) -> String { htmlPage(title: title, styleSheet: styleSheet, body: body) }

/// Okabe and Ito's colours, which people with any colour vision can tell apart, darkened or lightened for contrast.
private let styleSheet = """
  :root{--back:#fff;--text:#1b1f24;--weak:#5c6670;--rule:#dfe3e8;--card:#f7f8fa;--alarm:#b42d00;
  --c0:#0072b2;--c1:#d17f00;--c2:#00805d;--c3:#a8558a;--c4:#3a9ad0;--c5:#6b6b00}
  @media(prefers-color-scheme:dark){:root{--back:#14171b;--text:#e6e9ec;--weak:#9aa4ae;--rule:#2c3238;--card:#1b1f24;
  --alarm:#ff8a5c;--c0:#56b4e9;--c1:#f0a830;--c2:#2fc79a;--c3:#dd92bd;--c4:#8fc7ff;--c5:#f0e442}}
  *{box-sizing:border-box}
  body{margin:0 auto;padding:1.5rem clamp(.8rem,3vw,2.5rem);max-width:1500px;background:var(--back);color:var(--text);
  font:15px/1.5 system-ui,sans-serif}
  h1{font-size:1.5rem;margin:0 0 .2rem}h2{font-size:1.1rem;margin:2rem 0 .6rem}
  p{margin:.3rem 0;color:var(--weak)}
  .charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:.9rem}
  figure{margin:0;padding:.7rem .8rem .3rem;background:var(--card);border:1px solid var(--rule);border-radius:8px}
  figcaption{display:flex;justify-content:space-between;gap:1rem;font-weight:600;font-size:.9rem;overflow-wrap:anywhere}
  figcaption span{font-weight:400;color:var(--weak);white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
  svg{display:block;width:100%;height:auto;overflow:visible}
  .tight{white-space:nowrap}figure p{font-size:.8rem;margin:.1rem 0}
  svg text{font:11px system-ui,sans-serif;fill:var(--weak)}svg .left{text-anchor:end;dominant-baseline:central}
  svg .below{text-anchor:middle}.grid{stroke:var(--rule);stroke-width:.7}.axis{stroke:var(--weak);stroke-width:.8}
  .line{fill:none;stroke-width:1.6;stroke-linejoin:round}.faint{stroke-width:.8;opacity:.35}.dashed{stroke-dasharray:5 3}
  .alarm path{stroke:var(--alarm);stroke-width:1;stroke-dasharray:3 3;fill:none}
  .alarm .flag{fill:var(--alarm);stroke:none}
  .c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}.c4{stroke:var(--c4)}.c5{stroke:var(--c5)}
  .dot{stroke-width:4}.f0{fill:var(--c0)}.f1{fill:var(--c1)}.f2{fill:var(--c2)}
  .wide{overflow-x:auto}
  table{border-collapse:collapse;font-size:.9rem;min-width:min(100%,30rem)}
  th,td{text-align:left;padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--rule);vertical-align:top}
  th{color:var(--weak);font-weight:500}td.number{text-align:right;font-variant-numeric:tabular-nums}
  .key{display:inline-block;width:1.6rem;height:0;border-top:3px solid;vertical-align:middle;margin-right:.5rem}
  .key.dashed{border-top-style:dashed}
  .k0{border-color:var(--c0)}.k1{border-color:var(--c1)}.k2{border-color:var(--c2)}.k3{border-color:var(--c3)}
  .k4{border-color:var(--c4)}.k5{border-color:var(--c5)}
  .what{color:var(--alarm);font-weight:600}.over{color:var(--weak)}dl{margin:0}dt{color:var(--weak);font-size:.8rem}dd{margin:0 0 .3rem}
  details{margin:.4rem 0}summary{cursor:pointer}pre{background:var(--card);border:1px solid var(--rule);border-radius:8px;
  padding:.8rem;overflow-x:auto;font:13px/1.45 ui-monospace,monospace}
  .pictures{display:flex;flex-wrap:wrap;gap:.8rem}.pictures div{display:flex;gap:3px}
  .pictures figure{display:flex;flex-direction:column;gap:3px;padding:.5rem;font-size:.75rem;max-width:100%}
  .pictures img{width:72px;height:72px;object-fit:contain;image-rendering:auto;background:var(--rule)}
  .pictures small{max-width:72px;color:var(--weak);overflow-wrap:anywhere;display:block}
  """.split(separator: "\n").joined()
