/// A store that can copy itself into a file while it goes on.
public protocol StoreBackup: DocumentStore {
    /// Writes a consistent, checked copy to a new file (mode 0600) and returns the revision that it shows.
    ///
    /// - Parameter leavingOut: Documents that belong to this very store and not to a copy of it.
    func backup(to path: String, leavingOut: [DocumentKey]) async throws(StoreError) -> Revision
}
