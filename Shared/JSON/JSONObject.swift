/// A JSON object that keeps the order of its members (RFC 8259, section 4).
///
/// Equality and hashing respect the order: two objects are equal when they would be written the same.
@usableFromInline package struct JSONObject: Sendable, Hashable {
    package struct Member: Sendable, Hashable {
        package let name: String
        package let value: JSONValue

        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The members in order. Parsed objects have no name twice.
    package private(set) var members: [Member]

    package init(_ members: [Member] = []) {
        self.members = members
    }

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }

    /// The value of the member whose name has exactly these UTF-8 bytes.
    ///
    /// Swift's `==` would also take canonically equivalent spellings, such as the Kelvin sign for `K`. Setting replaces
    /// in place or appends; setting nil removes.
    @usableFromInline package subscript(name: String) -> JSONValue? {
        get { index(of: name).map { members[$0].value } }
        set {
            switch (index(of: name), newValue) {
            case (let index?, let value?): members[index] = Member(name: name, value: value)
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    private func index(of name: String) -> Int? {
        members.firstIndex { $0.name == name && $0.name.utf8.elementsEqual(name.utf8) }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    @usableFromInline package init(dictionaryLiteral elements: (String, JSONValue)...) {
        members = elements.map { Member(name: $0.0, value: $0.1) }
    }
}
