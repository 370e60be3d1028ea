"""The tokenizers of the tests: small vocabularies trained on `corpus.py`, each with the features of one family."""
import json
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from corpus import Texts

O200K = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CL100K = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s".replace(r"|\s++$", "")
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
DEEPSEEK = r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def byte_level(prefix=False, regex=False):
    return pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=regex)


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def train(pre_tokenizer, normalizer=None, size=700, seed=1, **model):
    tokenizer = Tokenizer(models.BPE(**model))
    if normalizer: tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    texts = Texts(seed)
    tokenizer.train_from_iterator([texts.prose(4000) for _ in range(60)], trainer)
    return tokenizer


def special(content, **options): return AddedToken(content, special=True, normalized=False, **options)
def plain(content, **options): return AddedToken(content, special=False, **options)


def o200k():
    tokenizer = train(pre_tokenizers.Sequence([split(O200K), byte_level()]))
    tokenizer.add_tokens([special("<|endoftext|>"), special("<|end|>"), special("<|end|>of"), plain("ordinary token", normalized=False)])
    return tokenizer


def digits_nfc():
    tokenizer = train(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=False), byte_level(regex=True)]), normalizers.NFC())
    tokenizer.add_tokens([special("<s>"), plain("e\u0301clair"), plain("ca\u0327", normalized=False)])
    return tokenizer


def llama3():
    tokenizer = train(pre_tokenizers.Sequence([split(LLAMA3), byte_level()]), ignore_merges=True)
    tokenizer.add_tokens([special("<|begin_of_text|>")])
    content = json.loads(tokenizer.to_str())
    model = content["model"]
    extra = ["Ġunreachable", "XMLHttpRequest", "ĠgovernĠ", "ĠðŁĺĢ", "\u00c3\u00a9", "aaaaaaaa"]        # words no merge leads to
    added = content["added_tokens"]
    for number, word in enumerate(extra): model["vocab"].setdefault(word, 2000 + number)
    ids = sorted(model["vocab"].items(), key=lambda item: item[1])
    renumber = {old: new for new, (_, old) in enumerate(ids)}
    model["vocab"] = {word: renumber[old] for word, old in ids}
    for number, token in enumerate(added): token["id"] = len(ids) + number
    return Tokenizer.from_str(json.dumps(content))


def added_tokens():
    tokenizer = train(byte_level(prefix=True, regex=True), normalizers.Sequence([normalizers.NFC()]))
    tokenizer.add_tokens([
        special("<mask>", lstrip=True), special("<right>", rstrip=True), special("<both>", lstrip=True, rstrip=True),
        plain("word", single_word=True, normalized=False), plain("état", single_word=True, lstrip=True), special("<one>", single_word=True),
        plain("  ", normalized=False), plain("<mas", normalized=False), plain("the", normalized=True), special("é"), plain("Å")])
    return tokenizer


def added_contents(tokenizer):
    return [token.content for token in tokenizer.get_added_tokens_decoder().values()]


RECIPES = {"o200k": o200k, "digits-nfc": digits_nfc, "llama3": llama3, "added-tokens": added_tokens}

# Pre-tokenizers put in place of the one of "o200k": every behavior, patterns of other families, literal patterns.
PRE_TOKENIZERS = {
    **{f"{behavior} {'inverted' if invert else ''}".strip(): pre_tokenizers.Sequence([split(pattern, behavior, invert), byte_level()])
       for behavior in ["isolated", "removed", "merged_with_previous", "merged_with_next", "contiguous"] for invert in [False, True]
       for pattern in [r"\s|\p{P}|"]},
    "string": pre_tokenizers.Sequence([pre_tokenizers.Split(".a|", "merged_with_previous", False), pre_tokenizers.Split(" ", "merged_with_next", False), byte_level()]),
    "cl100k": pre_tokenizers.Sequence([split(CL100K, "removed", True), byte_level()]),
    "qwen": pre_tokenizers.Sequence([split(QWEN), byte_level()]),
    "deepseek": pre_tokenizers.Sequence([split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"), split(DEEPSEEK), byte_level()]),
    "digits and prefix": pre_tokenizers.Sequence([pre_tokenizers.Digits(True), byte_level(prefix=True, regex=True)]),
    "operators": pre_tokenizers.Sequence([split(r"(?:a|ab)(?:c|bcd)?+|(?>\p{Lu}+)\p{Ll}|\d{2,}?|(?=\p{Ll}{3})[a-m&&[^e-g]]+?x*|(?:[a-z]\d?){1,2}|\P{L}\S|(?!the)\bt".replace(r"\b", "")), byte_level()]),
}


def with_pre_tokenizer(tokenizer, pre_tokenizer):
    result = Tokenizer.from_str(tokenizer.to_str())
    result.pre_tokenizer = pre_tokenizer
    return result
