/// First in, first out, on an array whose front is given back in bulk.
struct FIFO<Element> {
    private var elements: [Element?] = []
    private var head = 0

    var count: Int { elements.count - head }
    var isEmpty: Bool { head == elements.count }
    var first: Element? { isEmpty ? nil : elements[head] }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements[head]
        elements[head] = nil
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 256, head * 2 >= elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Changes the first element in place.
    mutating func withFirst<Result>(_ change: (inout Element) -> Result) -> Result? {
        guard !isEmpty, var element = elements[head] else { return nil }
        elements[head] = nil
        defer { elements[head] = element }
        return change(&element)
    }

    var elementsInOrder: [Element] { elements[head...].compactMap { $0 } }

    mutating func removeAll() -> [Element] {
        let all = elementsInOrder
        elements.removeAll()
        head = 0
        return all
    }
}
