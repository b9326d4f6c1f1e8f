extension ChangedFile {
    /// What went and what came, where only git says that both are one file; a copied one only came. Other files are
    /// themselves.
    ///
    /// Git takes a file for another's successor by their likeness alone: a list of dependencies that was taken out
    /// becomes the test data that was copied from it.
    var halves: [ChangedFile] {
        guard let previous = previousPath, status == .renamed || status == .copied else { return [self] }
        var (gone, come) = (self, self)
        (gone.path, gone.previousPath, gone.status, gone.rawPaths) = (previous, nil, .removed, nil)
        (gone.blobAfter, gone.modeAfter) = (nil, nil)
        (come.previousPath, come.status, come.rawPaths) = (nil, .added, nil)
        (come.blobBefore, come.modeBefore) = (nil, nil)
        return status == .renamed ? [gone, come] : [come]
    }
}
