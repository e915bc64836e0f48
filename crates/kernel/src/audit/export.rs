//! An export of a whole chain: the entries of one account, a line each as canonical JSON, and at its end the checkpoint that
//! closes them. Errors name the line of the file.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AuditEntry, ChainCheck, ChainHead, ChainReport, Checkpoint, canonical_json};

/// The last line of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosingLine {
    pub checkpoint: Checkpoint,
}

/// A line of an export: an entry or the checkpoint.
pub fn line<T: Serialize>(of: &T) -> String {
    String::from_utf8(canonical_json(of)).expect("JSON is UTF-8")
}

/// Why a file is not a whole export.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnExport {
    #[error("it is empty")]
    Empty,
    #[error("line {0} is no audit entry: {1}")]
    NotAnEntry(usize, String),
    #[error("line {0} is not as an export writes it: a member was added or spelled differently")]
    NotCanonical(usize),
    #[error("line {0} follows the checkpoint that ends the export")]
    AfterTheEnd(usize),
    #[error("the checkpoint at its end is missing: entries may have been cut off")]
    NoCheckpoint,
    #[error("the checkpoint at its end is not signed by a key of this platform (it names {0})")]
    NotSigned(String),
    #[error("the checkpoint at its end is of another account")]
    OtherAccount,
}

/// Reads an export line by line.
#[derive(Debug, Default)]
pub struct ExportReader {
    lines: usize,
    check: Option<ChainCheck>,
    checkpoint: Option<Checkpoint>,
}

impl ExportReader {
    /// Takes the next line. A break of the chain is reported at the end; a line of another form is refused here.
    pub fn read(&mut self, text: &str) -> Result<(), NotAnExport> {
        self.lines += 1;
        let place = self.lines;
        if self.checkpoint.is_some() {
            return Err(NotAnExport::AfterTheEnd(place));
        }
        let unreadable = |error: serde_json::Error| NotAnExport::NotAnEntry(place, error.to_string());
        if text.starts_with("{\"checkpoint\":") {
            let closing: ClosingLine = serde_json::from_str(text).map_err(unreadable)?;
            canonical(text, &closing, place)?;
            self.checkpoint = Some(closing.checkpoint);
            return Ok(());
        }
        let entry: AuditEntry = serde_json::from_str(text).map_err(unreadable)?;
        canonical(text, &entry, place)?;
        self.check.get_or_insert_with(|| ChainCheck::after(ChainHead::first(entry.account_id))).add(&entry);
        Ok(())
    }

    /// The result, checked with the platform's public keys.
    pub fn finish(self, keys: &Value) -> Result<ChainReport, NotAnExport> {
        if self.lines == 0 {
            return Err(NotAnExport::Empty);
        }
        let checkpoint = self.checkpoint.ok_or(NotAnExport::NoCheckpoint)?;
        let first = || ChainCheck::after(ChainHead::first(checkpoint.account_id));
        let check = self.check.unwrap_or_else(first);
        if check.last().account_id != checkpoint.account_id {
            return Err(NotAnExport::OtherAccount);
        }
        if !checkpoint.is_signed_by(keys) {
            return Err(NotAnExport::NotSigned(checkpoint.key_id));
        }
        Ok(check.finish(Some(&checkpoint.head())))
    }
}

fn canonical<T: Serialize>(text: &str, read: &T, place: usize) -> Result<(), NotAnExport> {
    if text == line(read) { Ok(()) } else { Err(NotAnExport::NotCanonical(place)) }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::{
        audit::{AuditKey, Author, EntryDraft, SealForm},
        ids::{AccountId, AuditId},
        secret::PlatformKey,
    };

    fn key() -> AuditKey {
        AuditKey::new(&PlatformKey::new(&[7; 32]))
    }

    fn entries(count: u64) -> Vec<AuditEntry> {
        let account = AccountId::from_uuid(Uuid::from_u128(5));
        let mut head = ChainHead::first(account);
        let mut entries = Vec::new();
        for number in 1..=count {
            let draft = EntryDraft::new(account, Author::System { name: "test".into() }, format!("act_{number}"));
            let id = AuditId::from_uuid(Uuid::from_u128(number.into()));
            let entry = draft.entry(id, Timestamp::UNIX_EPOCH).sealed(number, &head.hash, Some(SealForm::Jcs));
            head = ChainHead { sequence: number, hash: entry.seal.as_ref().unwrap().hash.clone(), ..head };
            entries.push(entry);
        }
        entries
    }

    fn export(entries: &[AuditEntry]) -> Vec<String> {
        let seal = entries.last().unwrap().seal.as_ref().unwrap();
        let head = ChainHead { account_id: entries[0].account_id, sequence: seal.sequence, hash: seal.hash.clone() };
        let checkpoint = key().sign(&head, Timestamp::UNIX_EPOCH);
        entries.iter().map(line).chain([line(&ClosingLine { checkpoint })]).collect()
    }

    fn judge(lines: &[String]) -> Result<ChainReport, NotAnExport> {
        let mut reader = ExportReader::default();
        for line in lines {
            reader.read(line)?;
        }
        reader.finish(&key().public())
    }

    fn broken(lines: &[String]) -> String {
        judge(lines).unwrap().broken.unwrap()
    }

    #[test]
    fn a_whole_export_is_good() {
        let report = judge(&export(&entries(5))).unwrap();
        assert_eq!((report.valid, report.entries), (true, 5), "{report:?}");
    }

    #[test]
    fn what_was_cut_shows() {
        let whole = export(&entries(5));
        assert_eq!(judge(&whole[..5]), Err(NotAnExport::NoCheckpoint));
        assert_eq!(judge(&[]), Err(NotAnExport::Empty));
        let tail = [&whole[..3], &whole[5..]].concat();
        assert_eq!(broken(&tail), "the chain ends at entry 3, and 2 entries after it are missing");
        assert!(broken(&whole[1..]).starts_with("entry 1 is missing before entry 2"));
        let middle = [&whole[..2], &whole[3..]].concat();
        assert!(broken(&middle).starts_with("entry 3 is missing before entry 4"));
        assert_eq!(broken(&whole[5..]), "the chain ends at entry 0, and 5 entries after it are missing");
        let twice = [&whole[..2], &whole[1..]].concat();
        assert!(broken(&twice).contains("comes a second time"));
    }

    #[test]
    fn what_was_hashed_anew_shows() {
        let mut forged = entries(5);
        let mut head = ChainHead::first(forged[0].account_id);
        forged[2].action = "nothing_happened".into();
        for (entry, sequence) in forged.iter_mut().zip(1..) {
            *entry = entry.clone().sealed(sequence, &head.hash, Some(SealForm::Jcs));
            head.hash.clone_from(&entry.seal.as_ref().unwrap().hash);
        }
        let mut lines: Vec<String> = forged.iter().map(line).collect();
        let own = export(&entries(5)).pop().unwrap();
        lines.push(own);
        assert_eq!(broken(&lines), "entry 5 does not have the hash that its chain was closed with");
        // With a checkpoint of the forger's own key.
        let other = AuditKey::new(&PlatformKey::new(&[8; 32]));
        let checkpoint = other.sign(&ChainHead { sequence: 5, ..head }, Timestamp::UNIX_EPOCH);
        *lines.last_mut().unwrap() = line(&ClosingLine { checkpoint });
        assert!(matches!(judge(&lines), Err(NotAnExport::NotSigned(_))));
    }

    #[test]
    fn added_and_changed_members_show() {
        let whole = export(&entries(3));
        let with = |line: usize, from: &str, to: &str| {
            let mut lines = whole.clone();
            assert!(lines[line].contains(from), "{}", lines[line]);
            lines[line] = lines[line].replacen(from, to, 1);
            judge(&lines)
        };
        assert_eq!(with(1, "{\"accountId\"", "{\"note\":1,\"accountId\""), Err(NotAnExport::NotCanonical(2)));
        assert_eq!(with(1, "{\"kind\"", "{\"note\":1,\"kind\""), Err(NotAnExport::NotCanonical(2)));
        assert_eq!(with(1, "{\"accountId\"", "{ \"accountId\""), Err(NotAnExport::NotCanonical(2)));
        assert!(matches!(with(3, "\"at\"", "\"note\":1,\"at\""), Err(NotAnExport::NotAnEntry(4, _))));
        assert!(with(1, "act_2", "act_9").unwrap().broken.unwrap().starts_with("entry 2 "));
        let mut after = whole.clone();
        after.push(whole[0].clone());
        assert_eq!(judge(&after), Err(NotAnExport::AfterTheEnd(5)));
    }
}
