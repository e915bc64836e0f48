//! How a record stands in the file: lengths first, then the texts, then the body as it came, under one checksum.

use bytes::Bytes;
use kernel::ports::table::{INDEXES, Item, Key};

/// Layout: checksum (4), format (1), flags (1), version (8), expires (8), lengths (2 each for the key and the three
/// index keys), the texts in the same order, the body. Numbers are little-endian.
const FORMAT: u8 = 1;
const HAS_EXPIRY: u8 = 1 << 7;
const CHECKSUM: usize = 4;
const LENGTHS: usize = CHECKSUM + 2 + 8 + 8;
const TEXTS: usize = LENGTHS + 2 * 2 * (1 + INDEXES);

/// Why the bytes of a row cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadRow {
    #[error("a record's checksum does not match")]
    Checksum,
    #[error("a record is of an unknown format")]
    Format,
    #[error("a record is cut short")]
    Short,
}

pub(super) fn encode(item: &Item) -> Vec<u8> {
    let keys = || std::iter::once(Some(&item.key)).chain(item.index.iter().map(Option::as_ref));
    let texts: usize = keys().flatten().map(|key| key.pk.len() + key.sk.len()).sum();
    let mut row = Vec::with_capacity(TEXTS + texts + item.body.len());
    let expiry = if item.expires.is_some() { HAS_EXPIRY } else { 0 };
    let present = item.index.iter().enumerate().filter(|(_, key)| key.is_some());
    let flags = present.fold(expiry, |flags, (slot, _)| flags | (1 << slot));
    row.extend([0; CHECKSUM]);
    row.extend([FORMAT, flags]);
    row.extend(item.version.to_le_bytes());
    row.extend(item.expires.unwrap_or(0).to_le_bytes());
    for key in keys() {
        let (pk, sk) = key.map_or((0, 0), |key| (key.pk.len(), key.sk.len()));
        row.extend(short(pk).to_le_bytes());
        row.extend(short(sk).to_le_bytes());
    }
    for key in keys().flatten() {
        row.extend(key.pk.bytes());
        row.extend(key.sk.bytes());
    }
    row.extend(&item.body);
    let checksum = crc32fast::hash(&row[CHECKSUM..]);
    row[..CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
    row
}

pub(super) fn decode(row: &[u8]) -> Result<Item, BadRow> {
    let bodys_start = check(row)?;
    let flags = row[CHECKSUM + 1];
    let number = |at: usize| row[at..at + 8].try_into().map(u64::from_le_bytes).map_err(|_| BadRow::Short);
    let version = number(CHECKSUM + 2)?;
    let expires = number(CHECKSUM + 10)?.cast_signed();
    let length = |at| length(row, at);
    let mut texts = Texts { left: std::str::from_utf8(&row[TEXTS..bodys_start]).map_err(|_| BadRow::Format)? };
    let key = texts.key(length(0), length(1))?;
    let mut index = [const { None }; INDEXES];
    for (slot, place) in index.iter_mut().enumerate() {
        if flags & (1 << slot) != 0 {
            *place = Some(texts.key(length(2 * slot + 2), length(2 * slot + 3))?);
        }
    }
    let body = Bytes::copy_from_slice(&row[bodys_start..]);
    Ok(Item { key, index, version, expires: (flags & HAS_EXPIRY != 0).then_some(expires), body })
}

/// The body alone, of a row that is whole.
pub(super) fn body(row: &[u8]) -> Result<&[u8], BadRow> {
    check(row).map(|bodys_start| &row[bodys_start..])
}

/// Holds a row against its checksum and answers where its body starts.
fn check(row: &[u8]) -> Result<usize, BadRow> {
    let (checksum, covered) = row.split_first_chunk::<CHECKSUM>().ok_or(BadRow::Short)?;
    if crc32fast::hash(covered) != u32::from_le_bytes(*checksum) {
        return Err(BadRow::Checksum);
    }
    if row.len() < TEXTS {
        return Err(BadRow::Short);
    }
    if row[CHECKSUM] != FORMAT {
        return Err(BadRow::Format);
    }
    let bodys_start = TEXTS + (0..2 * (1 + INDEXES)).map(|at| length(row, at)).sum::<usize>();
    if bodys_start > row.len() { Err(BadRow::Short) } else { Ok(bodys_start) }
}

/// The `at`th length, of a row that has all of them.
fn length(row: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([row[LENGTHS + 2 * at], row[LENGTHS + 2 * at + 1]]))
}

/// The texts of a row that are still to be read.
struct Texts<'row> {
    left: &'row str,
}

impl Texts<'_> {
    fn key(&mut self, pk: usize, sk: usize) -> Result<Key, BadRow> {
        Ok(Key { pk: self.text(pk)?, sk: self.text(sk)? })
    }

    fn text(&mut self, length: usize) -> Result<String, BadRow> {
        let (text, left) = self.left.split_at_checked(length).ok_or(BadRow::Format)?;
        self.left = left;
        Ok(text.to_owned())
    }
}

fn short(length: usize) -> u16 {
    u16::try_from(length).expect("keys were checked against the port's limits")
}
