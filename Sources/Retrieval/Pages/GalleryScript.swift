/// What makes the gallery clickable. No library, no request; everything is a button, so that Tab and Enter do what a
/// mouse does, the arrow keys walk through tiles and Escape leads back to all pictures.
let galleryScript = """
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const [grid, texts, chosen, all, more, filter, count] =
    ["grid", "texts", "chosen", "all", "more", "filter", "count"].map(id => document.getElementById(id));
  const make = (name, className, text) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const nameOf = i => data.images[i].c.length ? data.captions[data.images[i].c[0]].t : data.images[i].p;
  const picture = i => {
    if (!data.images[i].t) return make("div", "none", "no picture");
    const img = make("img");
    img.src = data.images[i].t;
    img.alt = nameOf(i);
    return img;
  };
  const go = hash => { location.hash = hash; };
  const score = s => s === undefined ? "" : (s / 1000).toFixed(3);
  const tile = (i, s) => {
    const li = make("li"), button = make("button", "tile");
    button.append(picture(i), make("span", "", nameOf(i)));
    if (s !== undefined) button.append(make("span", "score", score(s)));
    button.dataset.item = "i" + i;
    button.onclick = () => go("i" + i);
    li.append(button);
    return li;
  };
  const line = (c, s) => {
    const li = make("li"), button = make("button");
    if (s !== undefined) button.append(make("span", "score", score(s)));
    button.append(make("span", "", data.captions[c].t));
    button.dataset.item = "c" + c;
    button.onclick = () => go("c" + c);
    li.append(button);
    return li;
  };
  const list = (className, pairs, item) => {
    const ul = make("ul", className);
    for (let k = 0; k < pairs.length; k += 2) ul.append(item(pairs[k], pairs[k + 1]));
    return ul;
  };
  let found = [], shown = 0;
  const page = 200, pictures = data.images.length > 0;
  const showMore = () => {
    const end = Math.min(found.length, shown + page);
    for (; shown < end; shown++) pictures ? grid.append(tile(found[shown])) : texts.append(line(found[shown]));
    more.hidden = shown >= found.length;
  };
  const showAll = () => {
    const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const matches = text => words.every(word => text.includes(word));
    const items = pictures ? data.images : data.captions;
    const textOf = k => pictures
      ? (data.images[k].p + " " + data.images[k].c.map(c => data.captions[c].t).join(" ")).toLowerCase()
      : data.captions[k].t.toLowerCase();
    found = [...items.keys()].filter(k => words.length === 0 || matches(textOf(k)));
    count.textContent = words.length ? found.length + " of " + items.length + " match" : count.dataset.all;
    shown = 0;
    grid.replaceChildren();
    texts.replaceChildren();
    showMore();
  };
  const show = () => {
    const hash = location.hash.slice(1), kind = hash[0], k = Number(hash.slice(1));
    const item = hash.length > 1 ? (kind === "i" ? data.images[k] : kind === "c" ? data.captions[k] : null) : null;
    all.hidden = !!item;
    chosen.hidden = !item;
    chosen.replaceChildren();
    if (!item) return;
    const head = make("div", "chosen"), words = make("div");
    const of = kind === "i" ? k : item.i;
    if (of !== null) {
      const own = make("button", "plain");
      own.append(picture(of));
      own.setAttribute("aria-label", nameOf(of));
      own.onclick = () => go("i" + of);
      head.append(own);
    }
    words.append(make("h2", "", kind === "i" ? nameOf(k) : item.t));
    if (of !== null) words.append(make("p", "", data.images[of].p));
    if (kind === "i" && item.c.length) words.append(list("texts", item.c.flatMap(c => [c, undefined]), line));
    head.append(words);
    const back = make("button", "plain", "All items");
    back.id = "back";
    back.onclick = () => go("");
    chosen.append(back, head);
    if (item.n[0].length) chosen.append(make("h2", "", "Nearest pictures"), list("grid", item.n[0], tile));
    if (item.n[1].length) chosen.append(make("h2", "", "Nearest captions"), list("texts", item.n[1], line));
    scrollTo(0, 0);
    chosen.focus({preventScroll: true});
  };
  more.onclick = showMore;
  filter.oninput = () => { if (location.hash.length > 1) go(""); showAll(); };
  addEventListener("hashchange", show);
  addEventListener("keydown", event => {
    if (event.key === "Escape" && location.hash.length > 1) return go("");
    const step = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: 0, ArrowUp: 0}[event.key];
    const here = document.activeElement;
    if (step === undefined || !here || !here.matches(".grid .tile, .texts button")) return;
    const peers = [...here.closest("ul").querySelectorAll("button")];
    const across = peers.filter(p => p.offsetTop === peers[0].offsetTop).length;
    const to = peers.indexOf(here) + (step || (event.key === "ArrowDown" ? across : -across));
    if (peers[to]) { peers[to].focus(); event.preventDefault(); }
  });
  showAll();
  show();
  """
