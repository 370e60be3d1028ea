internal import Hummingbird
internal import JSON
internal import NIOCore

/// The endpoints that tell what the API is. They need no key, as with vLLM: they hold nothing that a client brought.
extension Front {
    func addReference(to router: Router<FrontContext>) {
        router.get("\(Endpoints.document)") { _, _ in pages.document.response }
        router.get("\(Endpoints.reference)") { _, _ in pages.page.response }
    }
}

/// The reference as it is sent.
struct ReferencePages: Sendable {
    struct Page: Sendable {
        let headers: HTTPFields
        let bytes: ByteBuffer

        var response: Response {
            Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: bytes))
        }
    }

    let document: Page
    let page: Page

    init(_ reference: APIReference) {
        document = Page(
            headers: [.contentType: "application/json"], bytes: ByteBuffer(string: reference.document.text()))
        page = Page(
            headers: [
                .contentType: "text/html; charset=utf-8",
                // Whatever a model's name spells, nothing on the page runs or is loaded.
                .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'",
            ], bytes: ByteBuffer(string: ReferencePage(reference).html))
    }
}
