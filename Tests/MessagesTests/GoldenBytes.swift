/// Every message of `everyMessage` and `extremeMessages` as hand-written code encoded it, before that was generated
/// from cluster.proto: a name, then the bytes in hexadecimal digits. Bytes that stand here never change. New messages
/// are added; a message that gets a new field gets that field's bytes behind those of its other fields.
let goldenBytes = """
    HoldRequest 1
      0a0272311203616263180322080801100218032004220508ac0220012801
    HoldResponse 1
      08808080808020122001000000000000000000000000000020ffffffffffffffff0300000000000000
    RetainRequest 1
      0a02723212080805100618072008
    RetainResponse 1
      08808080808040
    ExpertRequest 1
      0807120c0000803f000000c00000003f1a0b0801120300ac02180120021a0408022001
    ExpertResponse 1
      0a100000803f000000400000404000008040
    DescribeRequest 1
      081f
    AttentionDescription 1
      0a016612066176783531321880808080202205657861637428203822420163
    DigestsRequest 1
    DigestsResponse 1
      0a1004000000000000000500000000000000
    OpenSessionRequest 1
      080b1080201823
    OpenSessionResponse 1
      0863
    GrowSessionRequest 1
      082410251826
    GrowSessionResponse 1
      0827
    CloseSessionsRequest 1
      0a0c01808080808080808080010310011828
    CloseSessionsResponse 1
      0802
    ParkSessionRequest 1
      08151029
    ParkSessionResponse 1
      088080808040
    ResumeSessionRequest 1
      0816102a182b
    ResumeSessionResponse 1
      08808080808001
    EmbedRequest 1
      0a0505ff9a0c00
    EmbedResponse 1
      0a080000803e000000c1
    SublayerRequest 1
      084f12060804106418011204080918021a0c0000803f0000004000004040202c
    SublayerResponse 1
      0a080000803f00000040120400004040
    LogitsRequest 1
      0a040000e040
    LogitsResponse 1
      0a080000004100001041
    StateRequest 1
      080c100d182d
    StateResponse 1
      0a0c000080400000a0400000c040
    AnnounceRequest 1
      0a06686f73742d311203692d321a0b756e69783a2f72756e2f78220266332a04617678323004380142046661737448808080
      808002508080808080045a026d3160056a026331
    AnnounceResponse 1
      0a02723310061801
    HoldRequest 2
    HoldResponse 2
    RetainRequest 2
    RetainResponse 2
    ExpertRequest 2
    ExpertResponse 2
    DescribeRequest 2
    AttentionDescription 2
    DigestsRequest 2
    DigestsResponse 2
    OpenSessionRequest 2
    OpenSessionResponse 2
    GrowSessionRequest 2
    GrowSessionResponse 2
    CloseSessionsRequest 2
    CloseSessionsResponse 2
    ParkSessionRequest 2
    ParkSessionResponse 2
    ResumeSessionRequest 2
    ResumeSessionResponse 2
    EmbedRequest 2
    EmbedResponse 2
    SublayerRequest 2
    SublayerResponse 2
    LogitsRequest 2
    LogitsResponse 2
    StateRequest 2
    StateResponse 2
    AnnounceRequest 2
    AnnounceResponse 2
    HoldRequest 3
      0a09c39ce6bca2f09fa7ae1209c39ce6bca2f09fa7ae18ffffffffffffffff7f220e08ffffffff0f10ffffffff0f20012210
      08ffffffff0f10ffffffff0f18012002221008ffffffff0f10ffffffff0f18032004221008ffffffff0f10ffffffff0f1807
      20082801
    HoldResponse 3
      08ffffffffffffffff7f1220ffffffffffffffffffffffffffffffff00000000000000000000000000000000
    RetainRequest 3
      0a09c39ce6bca2f09fa7ae120e08ffffffff0f10ffffffff0f2001
    RetainResponse 3
      08ffffffffffffffff7f
    ExpertRequest 3
      08ffffffff0f12140000000000000080ffff7f7f010000800000807f1a1008ffffffff0f120600ffffffff0f20011a1208ff
      ffffff0f120600ffffffff0f180120021a1208ffffffff0f120600ffffffff0f180320041a1208ffffffff0f120600ffffff
      ff0f18072008
    ExpertResponse 3
      0a140000000000000080ffff7f7f010000800000807f
    DescribeRequest 3
      08ffffffffffffffffff01
    AttentionDescription 3
      0a09c39ce6bca2f09fa7ae1209c39ce6bca2f09fa7ae18ffffffffffffffff7f2209c39ce6bca2f09fa7ae28ffffffffffff
      ffff7f38ffffffff0f4209c39ce6bca2f09fa7ae
    DigestsResponse 3
      0a10efcdab89674523011032547698badcfe
    OpenSessionRequest 3
      08ffffffffffffffffff0110ffffffffffffffff7f18ffffffffffffffffff01
    OpenSessionResponse 3
      08ffffffffffffffff7f
    GrowSessionRequest 3
      08ffffffffffffffffff0110ffffffffffffffffff0118ffffffffffffffff7f
    GrowSessionResponse 3
      08ffffffffffffffff7f
    CloseSessionsRequest 3
      0a0c0000ffffffffffffffffff01100118ffffffffffffffffff01
    CloseSessionsResponse 3
      08ffffffff0f
    ParkSessionRequest 3
      08ffffffffffffffffff0110ffffffffffffffffff01
    ParkSessionResponse 3
      08ffffffffffffffff7f
    ResumeSessionRequest 3
      08ffffffffffffffffff0110ffffffffffffffffff0118ffffffffffffffff7f
    ResumeSessionResponse 3
      08ffffffffffffffff7f
    EmbedRequest 3
      0a08ffffffff0f008001
    EmbedResponse 3
      0a140000000000000080ffff7f7f010000800000807f
    SublayerRequest 3
      08ffffffff0f121b08ffffffffffffffffff0110ffffffffffffffff7f18ffffffff0f12001a140000000000000080ffff7f
      7f010000800000807f20ffffffffffffffffff01
    SublayerResponse 3
      0a140000000000000080ffff7f7f010000800000807f12140000000000000080ffff7f7f010000800000807f
    LogitsRequest 3
      0a140000000000000080ffff7f7f010000800000807f
    LogitsResponse 3
      0a140000000000000080ffff7f7f010000800000807f
    StateRequest 3
      08ffffffffffffffffff0110ffffffff0f18ffffffffffffffffff01
    StateResponse 3
      0a140000000000000080ffff7f7f010000800000807f
    AnnounceRequest 3
      0a09c39ce6bca2f09fa7ae1209c39ce6bca2f09fa7ae1a09c39ce6bca2f09fa7ae2209c39ce6bca2f09fa7ae2a09c39ce6bc
      a2f09fa7ae30ffffffff0f38014209c39ce6bca2f09fa7ae48ffffffffffffffff7f50ffffffffffffffff7f5a09c39ce6bc
      a2f09fa7ae60ffffffff0f6a09c39ce6bca2f09fa7ae
    AnnounceResponse 3
      0a09c39ce6bca2f09fa7ae10ffffffffffffffff7f1801
    """
