import HTML

/// A page in the style of galleries, which can load nothing.
func pageFrame(title: String, body: String, script: String = "") -> String {
  htmlPage(
    title: title, styleSheet: styleSheet,
    policy: "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
    body: "\(body)\n\(script)")
}

/// 0.3141 → "0.314"
func scoreText(_ score: Float) -> String {
  guard score.isFinite else { return "–" }
  let thousandths = Int((Double(score) * 1000).rounded())
  let digits = String(thousandths.magnitude)
  let padded = String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
  return (thousandths < 0 ? "−" : "") + padded.dropLast(3) + "." + padded.suffix(3)
}

private let styleSheet = """
  :root{--back:#fff;--text:#1b1f24;--weak:#57606a;--rule:#d5dae0;--card:#f5f6f8;--accent:#0b63b0}
  @media(prefers-color-scheme:dark){:root{--back:#14171b;--text:#e6e9ec;--weak:#9aa4ae;--rule:#30363d;--card:#1c2127;
  --accent:#6cb6ff}}
  *{box-sizing:border-box}
  body{margin:0 auto;padding:1rem clamp(.7rem,3vw,2rem);max-width:1500px;background:var(--back);color:var(--text);
  font:15px/1.45 system-ui,sans-serif}
  h1{font-size:1.35rem;margin:0;overflow-wrap:anywhere}h2{font-size:1rem;margin:1.2rem 0 .5rem}
  p{margin:.3rem 0;color:var(--weak);overflow-wrap:anywhere}
  .grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(118px,29vw),1fr));gap:.5rem;list-style:none;
  padding:0;margin:.6rem 0}
  .grid li{display:flex;min-width:0}
  .tile{display:flex;flex-direction:column;gap:.25rem;width:100%;padding:.4rem;background:var(--card);color:inherit;
  border:1px solid var(--rule);border-radius:8px;font:inherit;font-size:.8rem;text-align:left;cursor:pointer;min-width:0}
  div.tile{cursor:default}
  .tile img,.tile .none{width:100%;aspect-ratio:1;object-fit:contain;background:var(--back);border-radius:4px}
  .none{display:grid;place-items:center;color:var(--weak);font-size:.75rem}
  .tile span{overflow:hidden;text-overflow:ellipsis;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;
  overflow-wrap:anywhere}
  .score{color:var(--weak);font-variant-numeric:tabular-nums}
  button:hover{border-color:var(--accent)}
  :focus-visible{outline:3px solid var(--accent);outline-offset:1px}
  #chosen:focus-visible{outline:none}
  .texts{list-style:none;padding:0;margin:.4rem 0}
  .texts button,.texts div{display:flex;gap:.7rem;width:100%;padding:.35rem .5rem;border:1px solid transparent;
  background:none;color:inherit;font:inherit;text-align:left;cursor:pointer;border-radius:6px;overflow-wrap:anywhere}
  .texts div{cursor:default}.texts li{border-bottom:1px solid var(--rule)}
  .chosen{display:flex;gap:1rem;flex-wrap:wrap;align-items:flex-start;background:var(--card);border:1px solid var(--rule);
  border-radius:10px;padding:.8rem}
  .chosen>*{min-width:0}.chosen img{width:min(192px,100%);height:auto;object-fit:contain}
  .chosen div{flex:1 1 14rem}
  header{display:flex;flex-wrap:wrap;gap:.6rem 1.2rem;align-items:center;margin-bottom:.6rem}
  input{font:inherit;color:inherit;background:var(--card);border:1px solid var(--rule);border-radius:6px;
  padding:.4rem .6rem;width:min(22rem,100%)}
  .plain{font:inherit;color:var(--accent);background:none;border:1px solid var(--rule);border-radius:6px;
  padding:.35rem .8rem;cursor:pointer}
  [hidden]{display:none!important}
  """.split(separator: "\n").joined()
