/// Who may connect to a listener, and whom it believes about who that is.
package struct DoorPolicy: Sendable {
    /// Each connection from here begins with a PROXY header, which tells the client; one without it is closed. None
    /// from elsewhere is looked at for one.
    package var proxyHeaderFrom = AddressSet()
    /// Addresses that many clients share, whose connections are counted in all but not by address.
    package var shared = AddressSet()
    /// Clients that may connect; nil lets all.
    package var allowed: AddressSet?
    /// Clients that may not, be they allowed or not.
    package var denied = AddressSet()

    package init() {}

    /// Whether it matters who a client is.
    package var isSelective: Bool { allowed != nil || !denied.isEmpty }

    package func admits(_ client: PeerAddress) -> Bool {
        !denied.contains(client) && allowed?.contains(client) ?? true
    }
}
