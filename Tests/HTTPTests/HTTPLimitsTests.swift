import HTTP
import Testing

/// The defaults are those of the edge (edge.md, section 2): whoever changes one changes what is promised.
@Suite struct HTTPLimitsTests {
    @Test func defaultsAreTheEdges() {
        let limits = HTTPLimits()
        #expect(limits.headerBytesMax == 16_384 && limits.headerFieldsMax == 100)
        #expect(limits.tlsHandshake == .seconds(10) && limits.headerRead == .seconds(10))
        #expect(limits.bodyIdle == .seconds(20) && limits.bodyFloorBytesPerSecond == 1024)
        #expect(limits.sendStall == .seconds(20))
        #expect(limits.pipelinedPartsMax == 512 && limits.chunkOverheadBytesMax == 16_384)
        #expect(limits.idleHTTP2 == .seconds(120) && limits.idleHTTP1 == .seconds(60))
        #expect(limits.ageMax == .seconds(1800) && limits.connectionsPerAddressMax == 64)
    }

    @Test func defaultsOfHTTP2AreTheEdges() {
        let limits = HTTP2Limits()
        #expect(limits.concurrentStreamsMax == 100 && limits.strainedStreamsMax < 100)
        #expect(limits.streamWindowBytes == 65_536 && limits.connectionWindowBytes == 1 << 20)
        #expect(limits.headerBytesMax == 16_384 && limits.headerFieldsMax == 100)
        #expect(limits.continuationsMax == 5 && limits.headerTableBytesMax == 4096)
        #expect(limits.streamsPerReadMax == 32 && limits.queuedControlFramesMax == 1000)
        #expect(limits.bufferedBytesMax == 1 << 20 && limits.penalty == .milliseconds(100))
        #expect(limits.budget.wastedStreamsMax == 100)
        #expect(limits.budget.resetsMax == 200 && limits.budget.resetsPeriod == .seconds(30))
        #expect(limits.budget.priorityFramesPerStream == 2 && limits.budget.dataFrameBytesMin == 256)
        #expect(limits.budget.windowUpdatesPerStream == 2 && limits.budget.windowUpdatesPerDataFrame == 8)
        #expect(limits.settingsEntriesMax == 32 && limits.droppedBytesMax == 4 << 20)
        #expect(limits.droppedIdle == .seconds(1) && limits.droppedTotal == .seconds(10))
        #expect(limits.budget.pingsPerSecondMax == 10 && limits.budget.settingsPerSecondMax == 5)
    }
}
