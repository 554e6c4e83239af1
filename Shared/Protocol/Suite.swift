package import Contract

/// Everything that the suite answers to, service by service. Adding an endpoint means adding its type here; the build
/// then asks for its handler.
package enum Suite {
    package static let auth = API(
        .auth, Register.self, VerifyEmail.self, ResendVerification.self, Login.self, RefreshTokens.self, Logout.self,
        LogoutEverywhere.self, ReadMe.self, ListSessions.self, RevokeSession.self, ReadKeySet.self,
        ReadAccount.self, ListRevocations.self, ReadAnyAccount.self, DisableAccount.self, EnableAccount.self,
        DeleteAccount.self, CreateAPIKey.self, ListAPIKeys.self, ReadAPIKey.self, UpdateAPIKey.self, DeleteAPIKey.self,
        RotateAPIKey.self, ResolveAPIKey.self)

    package static let user = API(.user, ReadMyProfile.self, UpdateMyProfile.self, ReadProfile.self, ReadProfiles.self)

    package static let content = API(
        .content, ListArticles.self, ReadArticle.self, CreateArticle.self, ReadDraft.self, UpdateArticle.self,
        DeleteArticle.self, PublishArticle.self, UnpublishArticle.self)

    /// Every endpoint, in the order of documents.
    package static let descriptions: [EndpointDescription] =
        auth.descriptions + user.descriptions + content.descriptions

    /// Every event that services tell each other, each version by itself.
    package static let topics: [TopicDescription] = [
        TopicDescription(AccountRegistered.self), TopicDescription(AccountDisabled.self),
        TopicDescription(AccountEnabled.self), TopicDescription(AccountDeleted.self),
        TopicDescription(ProfileChanged.self), TopicDescription(ArticleChanged.self),
        TopicDescription(AuthorChanged.self),
    ]

    /// Every problem kind that an answer may carry.
    package static let problems: [ProblemKind] = ProblemKind.standard + ProblemKind.suite

    /// The document of the public API.
    package static var openAPI: OpenAPIDocument {
        OpenAPIDocument(title: "Causeway", version: "1", endpoints: descriptions, problems: problems)
    }

    /// Every contradiction between contracts; a process that finds one does not start.
    package static var conflicts: [String] {
        ContractConflict.all(in: descriptions, problems: problems) + ContractConflict.all(in: topics)
    }
}
