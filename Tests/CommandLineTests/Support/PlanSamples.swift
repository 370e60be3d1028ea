/// Answers of a router's admin server.
enum PlanSamples {
    static let plan = """
        {"attention":{"members":[\
        {"address":"unix:/r/b.sock","kernels":"avx2","memory_bytes":4000000000,"name":"attention-1","part":0,\
        "replica":1,"role":"attention","sequences":3,"standing":"ready"},\
        {"address":"10.0.0.3:9101","kernels":"neon","memory_bytes":2000000000,"name":"attention-2",\
        "role":"attention","sequences":0,"standing":"connecting"}],\
        "parts":2,"parts_wanted":"auto","replicas":2},\
        "copies":2,"copies_held":1,"drained":["host-c"],"experts":128,"hosts":[\
        {"address":"unix:/r/a.sock","announced_bytes_per_second":12000000000,\
        "bandwidth_bytes_per_second":12500000000,"bandwidth_measurements":3,"bytes_ready":3000000,\
        "bytes_wanted":6000000,"calls":7,"experts_ready":32.125,"experts_wanted":64,"kernels":"avx2",\
        "latency_seconds":[0.0001,0.00025,0.001],"memory_bytes":16000000000,"name":"host-a","state":"loading"},\
        {"address":"10.0.0.2:9000","announced_bytes_per_second":8000000000,\
        "bandwidth_bytes_per_second":8000000000,"bandwidth_measurements":0,"bytes_ready":0,\
        "bytes_wanted":0,"calls":0,"experts_ready":0,"experts_wanted":0,"kernels":"neon",\
        "latency_seconds":[],"memory_bytes":8000000000,"name":"host-b","state":"empty"}],\
        "layers":16,"measured_seconds":0.00125,"mode":"throughput","pins":[{"expert":3,"host":"host-a","layer":0}],\
        "placement":"auto","predictions":[{"mode":"latency","seconds":0.002},{"mode":"throughput","seconds":0.001}],\
        "rows_per_step":4,"version":7}
        """

    static let experts = """
        {"dropped":5,"hottest":[{"expert":1,"layer":2,"times":3.5},{"expert":0,"layer":0,"times":1.25}],\
        "imbalance":[1.25,1.5,3.5],"recent":[[1,2],[1,2],[0,7]],"tokens":[[1,2],[1,2],[0,7]]}
        """

    /// An answer over HTTP.
    static func response(_ status: String, _ body: String) -> String {
        "HTTP/1.1 \(status)\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}
