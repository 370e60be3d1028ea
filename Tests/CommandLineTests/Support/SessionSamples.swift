/// What a router answers about sessions.
enum SessionSamples {
    static let session = """
        {"id":"sess_a","object":"session","created":1700000000,"last_used":1700000060,"tokens":9,"message_count":2,\
        "metadata":{"title":"t"},"messages":[{"role":"user","tokens":5,"position":5,"text":"Hi"},\
        {"role":"assistant","tokens":4,"position":9}],"parents":[{"id":"sess_b","tokens":3}],\
        "bytes_in_memory":2048,"bytes_on_disk":0,"something_new":[1]}
        """
}
