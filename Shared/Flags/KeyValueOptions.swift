internal import ArgumentParser
package import Tensors

/// How attention stores keys and values; the same for all of a cluster.
package struct KeyValueOptions: ParsableArguments {
    /// The format of keys and values.
    @Option(
        help: ArgumentHelp(
            """
            How attention stores the keys and values of tokens: f32 as they were computed, or bf16 rounded, which \
            takes half the memory and reads half as much per token of a long context. Answers then differ from those \
            of f32, as a little noise would change them; they still do not depend on hosts, parts, batches or what \
            is reused. The router and all attention services must have the same.
            """, valueName: "f32|bf16"))
    package var kv = FloatFormat.float32

    /// The parser makes it and fills it in.
    package init() {}

    /// The flags that say the same to another process.
    package var arguments: [String] { ["--kv", kv.rawValue] }
}

extension FloatFormat: ExpressibleByArgument {}
