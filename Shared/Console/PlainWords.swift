internal import FoundationEssentials
internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// What an error of the system's says, as its manual pages put it and without the names of libraries: `No such file or
/// directory`.
package func plainWords(of error: any Error) -> String {
    switch error {
    case let error as IOError: systemWords(error.errnoCode)
    case let error as POSIXError: systemWords(error.code.rawValue)
    case let error as CocoaError: error.underlying.map(plainWords) ?? "\(error)"
    case let error as NIOConnectionError:
        (error.connectionErrors.first?.error ?? error.dnsAError ?? error.dnsAAAAError).map(plainWords)
            ?? "the host \(error.host) is not known"
    case let error as SocketAddressError.UnknownHost: error.errorDescription
    case ChannelError.connectTimeout: "no connection in time"
    default: "\(error)"
    }
}

/// Whether `error` says that an address cannot be listened on.
package func isAboutAddress(_ error: any Error) -> Bool { error is IOError || error is SocketAddressError.UnknownHost }

/// The words for an `errno`.
package func systemWords(_ code: CInt) -> String { unsafe String(cString: strerror(code)) }
