#!/usr/bin/env python3
"""Makes the fixtures of TextTests: small trained vocabularies, the material of the nasty strings, and the ids that the
reference implementations give for 10,000 of them (a hash for each block of 100 strings, the first 60 rows in full).

Made with Python 3.11.7 (Unicode 14), tokenizers 0.23.3, transformers 5.23.0, open_clip_torch 3.3.0, ftfy 6.3.1,
regex 2026.11.15. open_clip imports torchvision; where its native part does not load, put a stand-in on PYTHONPATH and
name it in IMPORT_FIRST.

usage: make_fixtures.py [FOLDER]"""
import gzip, importlib, json, os, struct, sys, unicodedata

if os.environ.get("IMPORT_FIRST"): importlib.import_module(os.environ["IMPORT_FIRST"])
import transformers
from open_clip import tokenizer as open_clip_tokenizer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers, Regex

HERE = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
def path(*parts):
    os.makedirs(os.path.join(HERE, *parts[:-1]), exist_ok=True)
    return os.path.join(HERE, *parts)

# --- The nasty strings. NastyStrings.swift makes the same ones from the same material.

SNIPPETS = """a photo of the big RED dog's cat we're I'll they've he'd can't I'm It's people 1234 3.14 running ISTANBUL
café naïve Straße ΣΊΣΥΦΟΣ ΟΔΟΣ Σ İstanbul Ǆ ŉ ﬁne ﬂuﬃ ＬＯＵＤ ﾊﾝｶｸ ﾊﾟ ￣ 你好 世界 日本語 テスト 안녕 각 שלום مرحبا हिन्दी ไทย
👨‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪 1️⃣ Å ſ it'ſ ‘curly’ “quotes” ‚low„ … – — &amp; &lt;b&gt; &amp;amp; &amp;amp;amp;lt; &eacute; &EACUTE;
&NTILDE; &SZLIG; &nbsp; &#39; &#x27; &#128512; &#xD83D; &#0; &#x80; &#x110000; &#59; &#65abc; &notit; &not &copy2024 &ampamp;
<b>bold</b> <br/> &bogus; &; & &# &#; &#x; &AMP &GT;x &hellip &sup3; &SUP3; &CounterClockwiseContourIntegral; &NotEqualTilde;
<|endoftext|> <|startoftext|> <|ENDOFTEXT|> <|StartOfText|>!! <start_of_text> <end_of_text> <END_OF_TEXT> <ſtart_of_text> [CLS]
[SEP] [MASK] [UNK] [PAD] [cls] ##ing ''s '' ' !'s a'b 'S 'RE foo_bar #tag @user $5.00 50% a+b=c C++ x² ½ Ⅻ ٣ ৩ 𝒥 𝔘 Ａｂｃ
http://x.y/z?a=1&b=2 donaudampfschifffahrtsgesellschaft""".split()
SNIPPETS += [s.encode("ascii").decode("unicode-escape") for s in r"""e\u0301 \u0301e q\u0307\u0323 a\u0345\u0301 \x1b[31mred\x1b[0m
\x1b[1;\u0662m \x1b[ \x00 \x01 \x0b \x0c \x1c \x1f \x7f \x80 \x85 \x91 \x92 \x96 \x99 \x9d \xa0 \xad \u200b \u200c \u200d \u200e \u202e
\u2028 \u2029 \u3000 \ufeff \ufffd \ufffc \ufff9 \ue000 \U000e0067 \U0010ffff \u1100\u1161\u11a8 \u0f71\u0f80 \u0958""".split()]
# What JSON decoders make of half a surrogate pair; Python keeps it and the tokenizers refuse it.
HALF_SURROGATES = ["\\ud83d", "\\udca9\\ud83d", "x\\ud800y"]
SEPARATORS = [" ", " ", " ", ",  ", "", "\n", "\t", "\r\n", "\r", " \n ", "\u3000", "\u00a0", "\u2003"]
LONG = ["a", "ab", "xyz!", "日", "👍", "\u0301", "1", "'s", " a", "the", "Ab-"]

def category_ranges():
    ranges = {}
    for v in range(0x110000):
        c = unicodedata.category(chr(v))
        if c == "Cs": continue
        r = ranges.setdefault(c, [])
        if r and r[-1][1] == v - 1: r[-1][1] = v
        else: r.append([v, v])
    return ranges

class SplitMix:
    def __init__(self, seed): self.state = seed
    def next(self):
        m = 2**64 - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & m
        z = self.state
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & m
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & m
        return z ^ z >> 31
    def below(self, n): return (self.next() >> 33) % n

class Nasty:
    """unassigned: whether characters appear that no table of Unicode 14 knows."""
    def __init__(self, seed, categories, unassigned):
        self.r = SplitMix(seed); self.unassigned = unassigned; self.index = 0
        self.categories = [(sum(b - a + 1 for a, b in v), v) for k, v in sorted(categories.items()) if unassigned or k != "Cn"]
        self.snippets = SNIPPETS + [json.loads('"%s"' % s).encode("utf-16", "surrogatepass").decode("utf-16", "replace") for s in HALF_SURROGATES]
    def character(self):
        size, ranges = self.categories[self.r.below(len(self.categories))]
        n = self.r.below(size)
        for a, b in ranges:
            if n <= b - a: return chr(a + n)
            n -= b - a + 1
    def piece(self):
        r = self.r; k = r.below(20)
        if k < 10: return self.snippets[r.below(len(self.snippets))]
        if k < 15: return "".join(self.character() for _ in range(1 + r.below(6)))
        if k < 17: return "".join(chr(r.below(256)) for _ in range(1 + r.below(6)))
        if k < 19: return self.snippets[r.below(len(self.snippets))] + self.character()
        return "aeiounAEIOUNcs"[r.below(14)] + "".join(chr(0x300 + r.below(0x70)) for _ in range(1 + r.below(3)))
    def string(self):
        r = self.r; i = self.index; self.index += 1
        if i % 997 == 0:
            unit = LONG[r.below(len(LONG))]
            return unit * (100000 // [1, 2, 5, 50][r.below(4)])
        out = ""
        for _ in range(r.below(13)):
            out += self.piece()
            out += SEPARATORS[r.below(len(SEPARATORS))]
        return out

# --- The vocabularies.

WORDS = """a the of in on with and two three red green blue small large big photo picture dog cat horse bird man woman child people
running sitting standing playing grass street beach water table chair kitchen bicycle motorcycle train airplane kite frisbee skateboard
wearing holding riding looking next front behind left right circle square triangle above below black white yellow brown wooden stone
it's don't we're i'm they've you'll he'd café naïve straße été niño über señor 12 3 2024 ! ? . , ; : - ( ) " 你好 世界 日本 テスト 안녕 привет
мир γειά σου שלום مرحبا हिन्दी 👍 🏳️‍🌈 ½ donau dampf schiff fahrt gesellschaft text start end of""".split()

def corpus():
    r = SplitMix(7)
    for _ in range(4000):
        words = [WORDS[min(r.below(len(WORDS)), r.below(len(WORDS)))] for _ in range(3 + r.below(10))]
        if r.below(4) == 0: words[0] = words[0].capitalize()
        yield " ".join(words)

def save(name, value, **how):
    with open(path(*name.split("/")), "w", encoding="utf-8") as f: json.dump(value, f, **how)

def make_clip():
    t = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    t.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""), "removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False)])
    t.train_from_iterator(corpus(), trainers.BpeTrainer(vocab_size=1400, end_of_word_suffix="</w>", initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    merges = [tuple(m) if not isinstance(m, str) else tuple(m.split(" ")) for m in json.loads(t.to_str())["model"]["merges"]]
    alphabet = list(open_clip_tokenizer.bytes_to_unicode().values())
    tokens = alphabet + [c + "</w>" for c in alphabet] + ["".join(m) for m in merges] + ["<|startoftext|>", "<|endoftext|>"]
    assert len(set(tokens)) == len(tokens)
    save("clip/vocab.json", {k: i for i, k in enumerate(tokens)})
    lines = ["#version: 0.2"] + [" ".join(m) for m in merges]
    with open(path("clip", "merges.txt"), "w", encoding="utf-8") as f: f.write("\n".join(lines) + "\n")
    with gzip.GzipFile(path("openclip", "bpe_simple_vocab_16e6.txt.gz"), "wb", mtime=0) as f: f.write(("\n".join(lines)).encode())
    save("openclip/open_clip_config.json", {"model_cfg": {"embed_dim": 64, "text_cfg": {"context_length": 32, "vocab_size": len(tokens)}}})

def make_gpt2():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.train_from_iterator(corpus(), trainers.BpeTrainer(vocab_size=1200, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    m = json.loads(t.to_str())["model"]
    vocabulary = dict(sorted(m["vocab"].items(), key=lambda kv: kv[1])); vocabulary["<|endoftext|>"] = len(vocabulary)
    save("gpt2/vocab.json", vocabulary)
    with open(path("gpt2", "merges.txt"), "w", encoding="utf-8") as f:
        f.write("#version: 0.2\n" + "".join((m if isinstance(m, str) else " ".join(m)) + "\n" for m in m["merges"]))

def make_bert(name, lowercase):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.train_from_iterator(corpus(), trainers.WordPieceTrainer(vocab_size=1500, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    vocabulary = sorted(t.get_vocab().items(), key=lambda kv: kv[1])
    with open(path(name, "vocab.txt"), "w", encoding="utf-8") as f: f.write("".join(k + "\n" for k, _ in vocabulary))
    save(name + "/tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "do_lower_case": lowercase, "model_max_length": 64})

def fnv(rows):
    h = 0xcbf29ce484222325
    for row in rows:
        for i in row + [-1]:
            for b in struct.pack("<i", i): h = ((h ^ b) * 0x100000001b3) & (2**64 - 1)
    return "%016x" % h

def main():
    make_clip(); make_gpt2(); make_bert("bert-uncased", True); make_bert("bert-cased", False)
    categories = category_ranges()
    save("nasty.json", {"snippets": SNIPPETS, "separators": SEPARATORS, "long": LONG, "categories": {k: sum(v, []) for k, v in sorted(categories.items())}}, separators=(",", ":"))
    # Written by hand into the file: Python's writer would not write half a pair twice in the same way.
    text = open(path("nasty.json")).read()
    with open(path("nasty.json"), "w") as f: f.write(text[:-1] + ',"halfSurrogates":[' + ",".join('"%s"' % s for s in HALF_SURROGATES) + "]}\n")

    clip = transformers.CLIPTokenizer(path("clip", "vocab.json"), path("clip", "merges.txt"))
    gpt2 = transformers.GPT2Tokenizer(path("gpt2", "vocab.json"), path("gpt2", "merges.txt"))
    berts = {n: transformers.BertTokenizer.from_pretrained(path(n, "")) for n in ("bert-uncased", "bert-cased")}
    fix_text = open_clip_tokenizer.ftfy.fix_text
    open_clip_tokenizer.ftfy.fix_text = lambda text: fix_text(text, fix_encoding=False)
    simple = open_clip_tokenizer.SimpleTokenizer(path("openclip", "bpe_simple_vocab_16e6.txt.gz"))
    encoders = {
        "clip": lambda s: clip(s)["input_ids"], "gpt2": lambda s: gpt2(s)["input_ids"],
        "bert-uncased": lambda s: berts["bert-uncased"](s)["input_ids"], "bert-cased": lambda s: berts["bert-cased"](s)["input_ids"],
        "openclip": lambda s: [simple.sot_token_id] + simple.encode(s) + [simple.eot_token_id]}
    for seed, (name, encode) in enumerate(encoders.items()):
        nasty = Nasty(seed, categories, unassigned=name != "openclip")
        rows = [encode(nasty.string()) for _ in range(10_000)]
        save("ids-%s.json" % name, {"seed": seed, "blocks": [fnv(rows[i:i + 100]) for i in range(0, len(rows), 100)], "rows": rows[1:61]}, separators=(",", ":"))
    for name, t in [("clip", clip), ("gpt2", gpt2), *berts.items()]:
        t.save_pretrained(path("saved-" + name, ""))
        for file in os.listdir(path("saved-" + name, "")):
            if file not in ("tokenizer.json", "tokenizer_config.json"): os.remove(path("saved-" + name, file))
        whole = json.load(open(path("saved-" + name, "tokenizer.json")))
        save("saved-%s/tokenizer.json" % name, whole, separators=(",", ":"))
    texts = ["Hello, World! It's a photo of two dogs.", "naïve CAFÉ — 你好 👍", "don't (you) say: \"no\"?", "[MASK] <|endoftext|> the end"]
    decoded = {n: [t.decode(t(s)["input_ids"], skip_special_tokens=True) for s in texts] for n, t in [("clip", clip), ("gpt2", gpt2), *berts.items()]}
    save("decoded.json", {"texts": texts, **decoded})

if __name__ == "__main__": main()
