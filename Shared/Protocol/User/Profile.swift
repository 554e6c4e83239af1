package import Contract
package import Primitives

/// The caller's own profile.
package struct ProfileView: Shaped {
    /// Of a handle, in bytes, which are characters too.
    package static let handleLength = 3...32
    package let id: AccountID
    package let handle: String
    package let displayName: String
    package let bio: String
    package let avatarUrl: String?
    package let locale: String
    package let timeZone: String
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
    package let etag: EntityTag

    package init(
        id: AccountID, handle: String, displayName: String, bio: String, avatarUrl: String?, locale: String,
        timeZone: String, createdAt: Timestamp, updatedAt: Timestamp, etag: EntityTag
    ) {
        self.id = id
        self.handle = handle
        self.displayName = displayName
        self.bio = bio
        self.avatarUrl = avatarUrl
        self.locale = locale
        self.timeZone = timeZone
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.etag = etag
    }

    package static let shape = Shape(
        ProfileView.init, named: "Profile", .body("id", \.id), .body("handle", \.handle),
        .body("displayName", \.displayName), .body("bio", \.bio), .body("avatarUrl", \.avatarUrl),
        .body("locale", \.locale), .body("timeZone", \.timeZone), .body("createdAt", \.createdAt),
        .body("updatedAt", \.updatedAt), .body("etag", \.etag))
}

package enum ReadMyProfile: Endpoint {
    package typealias Caller = SignedIn
    package typealias Input = Nothing
    package typealias Output = ProfileView
    package typealias Failure = NoFailure
    package static let method = EndpointMethod.get
    package static let path: StaticString = "/v1/users/me"
    package static let policy = Policy(visibility: .public, rate: .read, retry: .safe, takesAPIKeys: true)
    package static let input = Nothing.shape
    package static let output = Answer.ok(ProfileView.shape, headers: [.etag(\.etag)])
    package static let summary = "The caller's profile."
}

package enum UpdateMyProfile: Endpoint {
    package typealias Caller = SignedIn
    package struct Input: ConditionalInput {
        package let ifMatch: IfMatch?
        package let handle: Change<String>
        package let displayName: Change<String>
        package let bio: Change<String?>
        package let locale: Change<String>
        package let timeZone: Change<String>
    }
    package typealias Output = ProfileView
    package enum Failure: String, DeclaredFailure {
        case handleTaken = "handle-taken"
        case preconditionFailed = "precondition-failed"
        case preconditionRequired = "precondition-required"
    }
    package static let method = EndpointMethod.patch
    package static let path: StaticString = "/v1/users/me"
    package static let policy = Policy(visibility: .public, rate: .write, retry: .never)
    package static let input = Shape(
        Input.init, .header("if-match", \.ifMatch), .body("handle", \.handle, .slug(ProfileView.handleLength)),
        .body("displayName", \.displayName, .length(1...80), .singleLine), .body("bio", \.bio, .length(0...1000)),
        .body("locale", \.locale, .languageTag), .body("timeZone", \.timeZone, .timeZone))
    package static let output = Answer.ok(ProfileView.shape, headers: [.etag(\.etag)])
    package static let summary = "Change the caller's profile."
}

/// What anyone may see of a profile.
package struct PublicProfile: Shaped, Hashable {
    package let id: AccountID
    package let handle: String
    package let displayName: String
    package let bio: String
    package let avatarUrl: String?

    package init(id: AccountID, handle: String, displayName: String, bio: String, avatarUrl: String?) {
        self.id = id
        self.handle = handle
        self.displayName = displayName
        self.bio = bio
        self.avatarUrl = avatarUrl
    }

    package static let shape = Shape(
        PublicProfile.init, named: "PublicProfile", .body("id", \.id), .body("handle", \.handle),
        .body("displayName", \.displayName), .body("bio", \.bio), .body("avatarUrl", \.avatarUrl))
}

package enum ReadProfile: Endpoint {
    package typealias Caller = Anyone
    package struct Input: Sendable {
        package let user: UserReference
    }
    package struct Output: Sendable {
        package let profile: PublicProfile
        package let etag: EntityTag

        package init(profile: PublicProfile, etag: EntityTag) {
            self.profile = profile
            self.etag = etag
        }

        init(id: AccountID, handle: String, displayName: String, bio: String, avatarUrl: String?, etag: EntityTag) {
            profile = PublicProfile(
                id: id, handle: handle, displayName: displayName, bio: bio, avatarUrl: avatarUrl)
            self.etag = etag
        }
    }
    package enum Failure: String, DeclaredFailure { case notFound = "not-found" }
    package static let method = EndpointMethod.get
    package static let path: StaticString = "/v1/users/{user}"
    package static let policy = Policy(visibility: .public, rate: .read, retry: .safe)
    package static let input = Shape(Input.init, .path("user", \.user))
    package static let output = Answer.ok(
        Shape(
            Output.init(id:handle:displayName:bio:avatarUrl:etag:), named: "PublicProfile",
            .body("id", \.profile.id), .body("handle", \.profile.handle),
            .body("displayName", \.profile.displayName), .body("bio", \.profile.bio),
            .body("avatarUrl", \.profile.avatarUrl), .header("etag", \.etag).documented("The profile's version.")))
    package static let summary = "A profile as anyone may see it, by id or @handle."
}

/// An id, or `@` and a handle.
package enum UserReference: TextRepresentable, Hashable {
    case id(AccountID)
    case handle(String)

    package static var textSchema: SchemaDescription { String.schema }

    package init?(text: String?) {
        guard let text else { return nil }
        if text.hasPrefix("@") {
            self = .handle(String(text.dropFirst()))
        } else if let id = AccountID(text) {
            self = .id(id)
        } else {
            return nil
        }
    }

    package var text: String? {
        switch self {
        case .id(let id): id.description
        case .handle(let handle): "@\(handle)"
        }
    }
}

/// What other services keep of a profile.
package struct ProfileFacts: Shaped, Hashable {
    package let id: AccountID
    package let handle: String
    package let displayName: String
    /// Counted up by each change of the profile: an older one never replaces a newer one.
    package let version: Int
    /// For services of the release before this one, which do not take an answer without it, as `avatarUrl`.
    package let bio: String
    package let avatarUrl: String?

    package init(
        id: AccountID, handle: String, displayName: String, version: Int, bio: String = "", avatarUrl: String? = nil
    ) {
        self.id = id
        self.handle = handle
        self.displayName = displayName
        self.version = version
        self.bio = bio
        self.avatarUrl = avatarUrl
    }

    package static let shape = Shape(
        ProfileFacts.init(id:handle:displayName:version:bio:avatarUrl:), named: "ProfileFacts", .body("id", \.id),
        .body("handle", \.handle), .body("displayName", \.displayName), .body("version", \.version),
        .body("bio", \.bio), .body("avatarUrl", \.avatarUrl))
}

/// The profiles of many accounts at once, made on first sight where they are missing. Unknown ids and hidden
/// profiles are left out.
package enum ReadProfiles: Endpoint {
    package typealias Caller = PeerService
    package struct Input: Sendable {
        package let ids: [AccountID]

        package init(ids: [AccountID]) {
            self.ids = ids
        }
    }
    /// The most ids that one call may ask for.
    package static let idsMax = 100
    package typealias Output = Items<ProfileFacts>
    package typealias Failure = NoFailure
    package static let method = EndpointMethod.get
    package static let path: StaticString = "/internal/user/profiles"
    package static let policy = Policy(rate: .none, retry: .safe, deadline: .seconds(2))
    package static let input = Shape(Input.init, .query("ids", \.ids, .count(1...idsMax)))
    package static let output = Answer.ok(Items<ProfileFacts>.shape)
    package static let summary = "What services keep of the profiles of many accounts at once."
}
