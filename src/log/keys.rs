//! New keys and index entries on their way into the vault. Where vault and log share a database
//! they travel in the statement of the append: one commit, and neither is there without the other.

use super::vault::{IndexEntry, Subject};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// A key under the master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WrappedKey {
    pub(super) id: Uuid,
    pub(super) subject: Subject,
    pub(super) wrapped: Vec<u8>,
}

/// Keys of subjects that nobody had before, and what finds them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKeys {
    pub(super) authority: String,
    pub(super) keys: Vec<WrappedKey>,
    pub(super) index: Vec<IndexEntry>,
}

impl NewKeys {
    /// In the order of the subjects that they were drawn for.
    #[must_use]
    pub fn ids(&self) -> Vec<Uuid> {
        self.keys.iter().map(|key| key.id).collect()
    }
}

/// The arrays of `sql/vault_store.sql` and of the last part of `sql/log_append_with_keys.sql`.
#[derive(Default)]
pub(super) struct Columns<'a> {
    id: Vec<Uuid>,
    authority: Vec<&'a str>,
    kind: Vec<&'a str>,
    subject: Vec<Uuid>,
    wrapped: Vec<&'a [u8]>,
    index_authority: Vec<&'a str>,
    index_kind: Vec<&'a str>,
    digest: Vec<&'a [u8]>,
    child: Vec<Uuid>,
    request: Vec<Uuid>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(new: impl IntoIterator<Item = &'a NewKeys>) -> Self {
        let mut columns = Self::default();
        for one in new {
            for key in &one.keys {
                let (kind, subject) = key.subject.parts();
                columns.id.push(key.id);
                columns.authority.push(&one.authority);
                columns.kind.push(kind);
                columns.subject.push(subject);
                columns.wrapped.push(&key.wrapped);
            }
            for entry in &one.index {
                columns.index_authority.push(&one.authority);
                columns.index_kind.push(&entry.kind);
                columns.digest.push(&entry.digest);
                columns.child.push(entry.child);
                columns.request.push(entry.request);
            }
        }
        columns
    }

    pub(super) fn parameters(&self) -> [&(dyn ToSql + Sync); 10] {
        [
            &self.id,
            &self.authority,
            &self.kind,
            &self.subject,
            &self.wrapped,
            &self.index_authority,
            &self.index_kind,
            &self.digest,
            &self.child,
            &self.request,
        ]
    }
}
