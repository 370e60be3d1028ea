internal import Probing
internal import Tensors

extension Machine {
    /// Why this machine computes much more slowly than its age suggests, in one line; nil where it has what the kernels
    /// are written for.
    ///
    /// - Parameter kernels: names of those that it can run.
    package static func slowness(kernels: [String] = Kernels.supported.map(\.name)) -> String? {
        guard kernels == ["scalar"] else { return nil }
        return
            """
            this processor has neither AVX2 with FMA (x86-64) nor NEON (arm64): all is computed by scalar code, many \
            times more slowly
            """
    }
}
