internal import Checkpoint

/// A kept state as one safetensors file, versions 1 and 2 of the format.
///
/// The file is little-endian: eight bytes with the length of the header, the header (a JSON object, filled up with
/// spaces so that the data begins at a multiple of 64), then the tensors' data without holes, in the header's order.
/// Any reader of safetensors can open it.
///
/// ## Tensors
/// H, G and d are the heads, the key/value heads and the components of a head in this checkpoint; a state of a part of
/// attention has those heads that are the part's. A lightning layer has blocks of 64 tokens; `rows` = length % 64 are
/// in the open block. A softmax layer has pages of 64 positions; `pages` = length / 64, rounded up. *Grouped keys* of n
/// positions are (ceil(n / 16), d, 16): 16 positions a group, in a group component after component, each of all 16
/// positions. What stands at positions that the state does not have (of the last group, of the last page) means
/// nothing.
///
///     tokens                 I32  (n)                          the token ids; n is 0 or the length
///     layers.i.state         F32  (H, d, d)                    lightning: the state at the start of the open block,
///                                                              key component by value component
///     layers.i.open_keys     F32  (H, ceil(rows / 16), d, 16)  lightning: grouped keys of the open block
///     layers.i.open_values   F32  (H, rows, d)                 lightning: values of the open block
///     layers.i.pages         F32  (pages, 2, G, 64, d)         softmax: of each page the keys after rotation, where a
///                                                              (64, d) holds grouped keys (4, d, 16), then the values;
///                                                              BF16 where the arithmetic says so
///
/// Tensors of the open block are absent where `rows` is 0, those of pages where the length is 0.
///
/// ## Sections
/// A file of version 1 has the tensors of one part of attention, or those of all of it, under these names. A file of
/// version 2 has those of all parts, 2, 4 or 8, as each part has them in a file of its own: a section for each, in
/// which every name begins with `parts.k.`, k being the part's number. All sections have the same token ids. A
/// key/value head that several parts read stands in the section of each.
///
/// ## Metadata
/// `__metadata__` stands first in the header, and all its values are strings:
///
///     checksum.header    the digest of the header; it stands first in the metadata
///     format             "minimax-state"
///     format_version     "1", or "2" where there are sections
///     fingerprint        of the checkpoint that computed the state
///     arithmetic         "exact" or "fast", with "+kv-bf16" behind it where keys and values of softmax layers are bf16
///     length             how many tokens the state has
///     owner, scope       whose state it is, and whom it is for, in the router's words
///     promised           "true" or "false"
///     worth_ms           how many milliseconds it takes to compute the state again
///     created            seconds since 1970
///     part_index         which part of attention the state is of, from 0; absent where it is of all of attention, and
///                        where there are sections
///     part_count         of how many parts: 2, 4 or 8; absent where the state is of all of attention, without sections
///     checksum.<name>    the digest of each tensor's data
///
/// ## Digests
/// A digest finds any damage by chance, and is no defence against a file made up to deceive. The bytes, filled up with
/// zeros to a multiple of 64, are words w(0), w(1), … of 64 bits; all sums and products are modulo 2^64:
///
///     m(i)    = w(i) xor (i + 1) · 0x9E3779B97F4A7C15
///     low(k)  = the sum of w(i), high(k) = the sum of (m(i) mod 2^32) · (m(i) / 2^32), over all i with i % 8 = k
///     fold(s) = h after, for k = 0 to 7, from h = 0: p = (h xor s(k)) · 0xBF58476D1CE4E5B9, h = p xor p / 2^32
///
/// A digest is written as 32 lower-case hexadecimal digits, fold(high) then fold(low). The header's is that of the
/// file's bytes before the data, the eight of the length included, with 32 zeros in the place of its own digits. The
/// header begins in the same way, with this digest, in every version of the format.
package enum SnapshotFormat {
    static let name = "minimax-state"
    /// The version of a file without sections, of one with them, and the latest that this program knows.
    static let plainVersion = 1, sectionsVersion = 2, version = 2

    /// The name of the tensor of token ids.
    package static let tokens = "tokens"
    /// The name of a lightning layer's states.
    package static func state(layer: Int) -> String { "layers.\(layer).state" }
    /// The name of the keys of a lightning layer's open block.
    package static func openKeys(layer: Int) -> String { "layers.\(layer).open_keys" }
    /// The name of the values of a lightning layer's open block.
    package static func openValues(layer: Int) -> String { "layers.\(layer).open_values" }
    /// The name of a softmax layer's pages.
    package static func pages(layer: Int) -> String { "layers.\(layer).pages" }
    /// What the names of a part's tensors begin with, where there are sections.
    static func section(_ part: AttentionPart) -> String { "parts.\(part.index)." }

    /// Names in the metadata.
    static let headerChecksum = "checksum.header", format = "format", formatVersion = "format_version"
    static let partIndex = "part_index", partCount = "part_count"
    static func checksum(tensor: String) -> String { "checksum.\(tensor)" }
}
