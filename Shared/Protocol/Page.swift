package import Contract

/// Where a list goes on.
package struct Page: Shaped, Hashable {
    package let limit: Int
    /// The cursor of the next page; nil on the last.
    package let next: String?

    package init(limit: Int, next: String?) {
        self.limit = limit
        self.next = next
    }

    package static let shape = Shape(
        Page.init, named: "Page", .body("limit", \.limit),
        .body("next", \.next).documented("The cursor of the next page; null on the last."))
}

/// A page of a list: `{"items": […], "page": {…}}`.
package struct Listing<Item: JSONRepresentable>: Shaped {
    package let items: [Item]
    package let page: Page

    package init(items: [Item], page: Page) {
        self.items = items
        self.page = page
    }

    package static var shape: Shape<Listing> {
        Shape(Listing.init, .body("items", \.items), .body("page", \.page))
    }
}

/// A whole list, known to be short: `{"items": […]}`.
package struct Items<Item: JSONRepresentable>: Shaped {
    package let items: [Item]

    package init(items: [Item]) {
        self.items = items
    }

    package static var shape: Shape<Items> { Shape(Items.init, .body("items", \.items)) }
}
