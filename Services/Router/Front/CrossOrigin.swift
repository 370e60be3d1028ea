internal import Foundation
internal import Hummingbird

/// Which pages of other origins may use the API from a browser (the CORS protocol of the Fetch standard).
struct CrossOrigin: Sendable, Equatable {
    enum Origins: Equatable { case none, all, listed([String]) }

    let origins: Origins

    init(_ origins: Origins = .none) { self.origins = origins }

    /// - Parameter list: `*`, or origins such as `http://localhost:3000` separated by commas.
    /// - Returns: nil where a part of the list is no origin.
    init?(list: String) {
        let parts = list.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
        }
        if parts == ["*"] {
            origins = .all
        } else {
            guard parts.allSatisfy({ Self.isOrigin($0) }) else { return nil }
            origins = .listed(parts)
        }
    }

    /// `null` is what pages from files say.
    private static func isOrigin(_ text: String) -> Bool {
        if text == "null" { return true }
        guard let scheme = text.range(of: "://"), scheme.lowerBound > text.startIndex else { return false }
        let isNamed = text[..<scheme.lowerBound].utf8.allSatisfy {
            (0x61 ... 0x7A).contains($0) || (0x30 ... 0x39).contains($0) || "+-.".utf8.contains($0)
        }
        let host = String(text[scheme.upperBound...])
        return isNamed && !host.isEmpty && RequestRules.isHost(host)
    }

    /// What every answer tells browsers, refusals and streams included.
    func headers(for request: Request) -> HTTPFields {
        var fields = HTTPFields()
        switch origins {
        case .none: return fields
        case .all: fields[.accessControlAllowOrigin] = "*"
        case .listed(let origins):
            fields[.vary] = "Origin"
            guard let origin = request.headers[.origin], origins.contains(origin.lowercased()) else { return fields }
            fields[.accessControlAllowOrigin] = origin
        }
        fields[.accessControlExposeHeaders] = "x-request-id, request-id, retry-after"
        return fields
    }

    /// The answer to OPTIONS, needing no key since browsers send none with the question before the request.
    ///
    /// - Parameter methods: what the path knows.
    func options(_ request: Request, methods: String) -> Response {
        var fields: HTTPFields = [.allow: methods]
        if headers(for: request)[.accessControlAllowOrigin] != nil, request.headers[.accessControlRequestMethod] != nil
        {
            fields[.accessControlAllowMethods] = methods
            if let asked = request.headers[.accessControlRequestHeaders], Self.isNameList(asked) {
                fields[.accessControlAllowHeaders] = asked
            }
            fields[.accessControlMaxAge] = "\(Self.maxAgeSeconds)"
        }
        return Response(status: .noContent, headers: fields)
    }
    private static let maxAgeSeconds = 3600

    private static func isNameList(_ text: String) -> Bool {
        text.utf8.count <= 2000
            && text.utf8.allSatisfy {
                (0x30 ... 0x39).contains($0) || (0x41 ... 0x5A).contains($0 & 0xDF)
                    || "-_.,! #$%&'*+^`|~\t".utf8.contains($0)
            }
    }
}
