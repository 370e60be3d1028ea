/// Every message of `everyMessage` and `extremeMessages` as hand-written code encoded it, before that was generated
/// from cluster.proto: a name, then the bytes in hexadecimal digits. Bytes that stand here never change, also where a
/// message gets another name. A message that gets a new field gets that field's bytes behind those of its other fields.
/// The bytes of newer messages and fields are those that `protoc --encode` gives.
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
      081f12026f39
    AttentionDescription 1
      0a016612066176783531321880808080202205657861637428203822420163484d504e5853
    HoldPartRequest 1
      085010511852
    DigestsRequest 1
    DigestsResponse 1
      0a1004000000000000000500000000000000
    OpenSequenceRequest 1
      080b1080201823202e282f32026f313801
    OpenSequenceResponse 1
      0863
    GrowSequenceRequest 1
      082410251826
    GrowSequenceResponse 1
      0827
    CloseSequencesRequest 1
      0a0c01808080808080808080010310011828
    CloseSequencesResponse 1
      0802
    KeepStateRequest 1
      08291015183022026f32280130013831420273314a0c7f0d030000000000ffffffff
    KeepStateResponse 1
      0832108080808040
    DropStatesRequest 1
      082a12026f331a0c04808080808080808040ac02
    DropStatesResponse 1
      0833
    StoreStateRequest 1
      082b12026f3418342001
    StoreStateResponse 1
      08808080808001
    ListStatesRequest 1
      083512026f35
    ListStatesResponse 1
      0a180836103718808080808008203828808080808010300138390a08083a103b283c383d103e1880808080808001
    DescribeStateRequest 1
      083f12026f361840
    KeptStateDescription 1
      0a02733210411a084200000043000000
    ExportStateRequest 1
      084412026f37184520462847
    ExportStateResponse 1
      084812030100ff
    ImportStateRequest 1
      084912026f38184a220273332801304b3801420202fe
    ImportStateResponse 1
      084c
    EmbedRequest 1
      0a0505ff9a0c00
    EmbedResponse 1
      0a080000803e000000c1
    SublayerRequest 1
      084f12060804106418011204080918021a0c0000803f0000004000004040202c
    SublayerResponse 1
      0a080000803f00000040120400004040
    HeadRequest 1
      0a040000e04012240850120451ff9a0c18522001280131000000000000e83f38014080808080808080808001120208531a0354ac0220552856
    HeadResponse 1
      0a08550000007e0d0300120800000041000010411a04000020412204560000002a0400003041321000000000000029400000000000002a
      403a100000000000002c400000000000802e40420400008041
    AnnounceRequest 1
      0a06686f73742d311203692d321a0b756e69783a2f72756e2f78220266332a04617678323004380142046661737448808080
      808002508080808080045a026d3160056a026331
      7209617474656e74696f6e
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
    HoldPartRequest 2
    DigestsRequest 2
    DigestsResponse 2
    OpenSequenceRequest 2
    OpenSequenceResponse 2
    GrowSequenceRequest 2
    GrowSequenceResponse 2
    CloseSequencesRequest 2
    CloseSequencesResponse 2
    KeepStateRequest 2
    KeepStateResponse 2
    DropStatesRequest 2
    DropStatesResponse 2
    StoreStateRequest 2
    StoreStateResponse 2
    ListStatesRequest 2
    ListStatesResponse 2
    DescribeStateRequest 2
    KeptStateDescription 2
    ExportStateRequest 2
    ExportStateResponse 2
    ImportStateRequest 2
    ImportStateResponse 2
    EmbedRequest 2
    EmbedResponse 2
    SublayerRequest 2
    SublayerResponse 2
    HeadRequest 2
    HeadResponse 2
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
      ffff7f38ffffffff0f4209c39ce6bca2f09fa7ae48ffffffff0f50ffffffff0f58ffffffffffffffff7f
    HoldPartRequest 3
      08ffffffffffffffffff0110ffffffff0f18ffffffff0f
    DigestsResponse 3
      0a10efcdab89674523011032547698badcfe
    OpenSequenceRequest 3
      08ffffffffffffffffff0110ffffffffffffffff7f18ffffffffffffffffff0120ffffffffffffffffff0128ffffffffffff
      ffff7f3209c39ce6bca2f09fa7ae3801
    OpenSequenceResponse 3
      08ffffffffffffffff7f
    GrowSequenceRequest 3
      08ffffffffffffffffff0110ffffffffffffffffff0118ffffffffffffffff7f
    GrowSequenceResponse 3
      08ffffffffffffffff7f
    CloseSequencesRequest 3
      0a0c0000ffffffffffffffffff01100118ffffffffffffffffff01
    CloseSequencesResponse 3
      08ffffffff0f
    KeepStateRequest 3
      08ffffffffffffffffff0110ffffffffffffffffff0118ffffffffffffffffff012209c39ce6bca2f09fa7ae2801300138ff
      ffffffffffffff7f4209c39ce6bca2f09fa7ae4a1000000000ffffff7f00000080ffffffff
    KeepStateResponse 3
      08ffffffffffffffff7f10ffffffffffffffff7f
    DropStatesRequest 3
      08ffffffffffffffffff011209c39ce6bca2f09fa7ae1a0c0000ffffffffffffffffff01
    DropStatesResponse 3
      08ffffffff0f
    StoreStateRequest 3
      08ffffffffffffffffff011209c39ce6bca2f09fa7ae18ffffffffffffffffff012001
    StoreStateResponse 3
      08ffffffffffffffff7f
    ListStatesRequest 3
      08ffffffffffffffffff011209c39ce6bca2f09fa7ae
    ListStatesResponse 3
      0a3f08ffffffffffffffffff0110ffffffffffffffff7f18ffffffffffffffff7f20ffffffffffffffff7f28ffffffffffff
      ffff7f300138ffffffffffffffff7f0a0010ffffffffffffffff7f18ffffffffffffffff7f
    DescribeStateRequest 3
      08ffffffffffffffffff011209c39ce6bca2f09fa7ae18ffffffffffffffffff01
    KeptStateDescription 3
      0a09c39ce6bca2f09fa7ae10ffffffffffffffff7f1a1000000000ffffff7f00000080ffffffff
    ExportStateRequest 3
      08ffffffffffffffffff011209c39ce6bca2f09fa7ae18ffffffffffffffffff0120ffffffffffffffff7f28ffffffffffff
      ffff7f
    ExportStateResponse 3
      08ffffffffffffffff7f128002000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324
      25262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f50515253545556
      5758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788
      898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9ba
      bbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebec
      edeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff
    ImportStateRequest 3
      08ffffffffffffffffff011209c39ce6bca2f09fa7ae18ffffffffffffffffff012209c39ce6bca2f09fa7ae280130ffffff
      ffffffffff7f3801428002000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526
      2728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758
      595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a
      8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbc
      bdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedee
      eff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff
    ImportStateResponse 3
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
    HeadRequest 3
      0a140000000000000080ffff7f7f010000800000807f122e08ffffffff0f120600ffffffff0f18ffffffff0f2001280131ffffffffffff
      ef7f380140ffffffffffffffffff0112001a0600ffffffff0f
    HeadResponse 3
      0a1000000000ffffff7f00000080ffffffff12140000000000000080ffff7f7f010000800000807f1a140000000000000080ffff7f7f01
      0000800000807f221000000000ffffff7f00000080ffffffff2a140000000000000080ffff7f7f010000800000807f3228000000000000
      00000000000000000080ffffffffffffef7f0100000000000080000000000000f0ff3a2800000000000000000000000000000080ffffff
      ffffffef7f0100000000000080000000000000f0ff42140000000000000080ffff7f7f010000800000807f
    AnnounceRequest 3
      0a09c39ce6bca2f09fa7ae1209c39ce6bca2f09fa7ae1a09c39ce6bca2f09fa7ae2209c39ce6bca2f09fa7ae2a09c39ce6bc
      a2f09fa7ae30ffffffff0f38014209c39ce6bca2f09fa7ae48ffffffffffffffff7f50ffffffffffffffff7f5a09c39ce6bc
      a2f09fa7ae60ffffffff0f6a09c39ce6bca2f09fa7ae7209c39ce6bca2f09fa7ae
    AnnounceResponse 3
      0a09c39ce6bca2f09fa7ae10ffffffffffffffff7f1801
    """
