/// Something that a provider may be told about the place where the shell stands, if the user allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContextField {
    /// The name of the working directory, without the folders above it.
    Folder,
    /// The git branch.
    Branch,
    /// The names of the files in the working directory.
    Files,
}

impl ContextField {
    /// All of them, the least telling first.
    pub const ALL: [ContextField; 3] = [ContextField::Folder, ContextField::Branch, ContextField::Files];

    /// The word for it in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            ContextField::Folder => "cwd",
            ContextField::Branch => "branch",
            ContextField::Files => "files",
        }
    }
}
