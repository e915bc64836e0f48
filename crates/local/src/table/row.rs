//! How a record is written in the file: a head, then the lengths of its keys, the keys, and the body as it came.
//!
//! Rows that are read by their key are packed: after the head, they are compressed with a dictionary of what records have
//! in common. Copies in an index are not, so that a page of a list costs no time to unpack. Both leave out the keys that
//! their place in the tree says.

use std::{
    borrow::Cow,
    cell::RefCell,
    sync::{LazyLock, Mutex, PoisonError},
};

use bytes::Bytes;
use kernel::ports::table::{INDEXES, Item, Key};
use zstd::{
    bulk::{Compressor, Decompressor},
    dict::{DecoderDictionary, EncoderDictionary},
};

use super::keys;

/// The head: checksum (4), format (1), flags (1), version (8), expires (8). The payload: lengths (2 each for the key and the
/// three index keys), the texts in the same order, the body. Numbers are little-endian.
const CHECKSUM: usize = 4;
const HEAD: usize = CHECKSUM + 2 + 8 + 8;
const TEXTS: usize = 2 * 2 * (1 + INDEXES);

/// The payload follows the head.
const PLAIN: u8 = 1;
/// The payload's length (4) and the payload without the record's key, compressed, follow the head.
const PACKED: u8 = 2;
/// As plain, without the record's key and the key of the index that holds the copy.
const COPY: u8 = 3;
const HAS_EXPIRY: u8 = 1 << 7;
const LENGTH: usize = 4;
/// A longer payload stays plain: such records are few, and reading one would cost some µs more.
const LONGEST: usize = 1024;

/// Every packed row needs this to be read, so these bytes never change: another dictionary is another format.
/// zstd trained it on records of every kind, with ids, digests, names and times made up anew.
static DICTIONARY: &[u8] = include_bytes!("row.dictionary");
const LEVEL: i32 = 1;
static TO_PACK: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));
static TO_UNPACK: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

/// Why the bytes of a row cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadRow {
    #[error("a record's checksum does not match")]
    Checksum,
    #[error("a record is of an unknown format")]
    Format,
    #[error("a record is cut short")]
    Short,
    #[error("a record cannot be decompressed")]
    Packed,
}

/// A whole row, not packed.
pub(super) fn encode(item: &Item) -> Vec<u8> {
    encode_with(item, PLAIN, |_| true)
}

/// A row for the index in `slot`.
pub(super) fn encode_copy(item: &Item, slot: usize) -> Vec<u8> {
    // The record's key is the first of a row, and an index's follow.
    encode_with(item, COPY, |at| at != 0 && at != slot + 1)
}

fn encode_with(item: &Item, format: u8, is_kept: impl Fn(usize) -> bool) -> Vec<u8> {
    let keys = || all_keys(item).enumerate().map(|(at, key)| key.filter(|_| is_kept(at)));
    let texts: usize = keys().flatten().map(|key| key.pk.len() + key.sk.len()).sum();
    let mut row = Vec::with_capacity(HEAD + TEXTS + texts + item.body.len());
    push_head(&mut row, item, format);
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
    seal(&mut row);
    row
}

/// The row packed, or whole if that is no longer.
pub(super) fn pack(item: &Item) -> Vec<u8> {
    let plain = encode_with(item, PACKED, |at| at != 0);
    let payload = &plain[HEAD..];
    let length = u32::try_from(payload.len()).ok().filter(|_| payload.len() <= LONGEST);
    let packed = length.zip(compress(payload)).filter(|(_, packed)| LENGTH + packed.len() < payload.len());
    let Some((length, packed)) = packed else { return encode(item) };
    let mut row = Vec::with_capacity(HEAD + LENGTH + packed.len());
    push_head(&mut row, item, PACKED);
    row.extend(length.to_le_bytes());
    row.extend(packed);
    seal(&mut row);
    row
}

/// The record in the row at `place`.
pub(super) fn decode(row: &[u8], place: &[u8]) -> Result<Item, BadRow> {
    let mut item = decode_row(row)?;
    match row[CHECKSUM] {
        PACKED => item.key = keys::read_record(place).ok_or(BadRow::Format)?,
        COPY => {
            let (index, key) = keys::read_entry(place).ok_or(BadRow::Format)?;
            let slot = keys::slot_of_entry(place).filter(|slot| *slot < INDEXES).ok_or(BadRow::Format)?;
            item.key = key;
            item.index[slot] = Some(index);
        }
        _ => {}
    }
    Ok(item)
}

fn decode_row(row: &[u8]) -> Result<Item, BadRow> {
    let payload = payload(row)?;
    let bodys_start = bodys_start(&payload)?;
    let flags = row[CHECKSUM + 1];
    let number = |at: usize| row[at..at + 8].try_into().map(u64::from_le_bytes).map_err(|_| BadRow::Short);
    let version = number(CHECKSUM + 2)?;
    let expires = number(CHECKSUM + 10)?.cast_signed();
    let length = |at| length(&payload, at);
    let mut texts = Texts { left: std::str::from_utf8(&payload[TEXTS..bodys_start]).map_err(|_| BadRow::Format)? };
    let key = texts.key(length(0), length(1))?;
    let mut index = [const { None }; INDEXES];
    for (slot, place) in index.iter_mut().enumerate() {
        if flags & (1 << slot) != 0 {
            *place = Some(texts.key(length(2 * slot + 2), length(2 * slot + 3))?);
        }
    }
    let body = match payload {
        Cow::Borrowed(payload) => Bytes::copy_from_slice(&payload[bodys_start..]),
        Cow::Owned(payload) => Bytes::from(payload).slice(bodys_start..),
    };
    Ok(Item { key, index, version, expires: (flags & HAS_EXPIRY != 0).then_some(expires), body })
}

/// The body alone.
pub(super) fn body(row: &[u8]) -> Result<Cow<'_, [u8]>, BadRow> {
    let payload = payload(row)?;
    let start = bodys_start(&payload)?;
    Ok(match payload {
        Cow::Borrowed(payload) => Cow::Borrowed(&payload[start..]),
        Cow::Owned(mut payload) => {
            payload.drain(..start);
            Cow::Owned(payload)
        }
    })
}

fn all_keys(item: &Item) -> impl Iterator<Item = Option<&Key>> {
    std::iter::once(Some(&item.key)).chain(item.index.iter().map(Option::as_ref))
}

fn push_head(row: &mut Vec<u8>, item: &Item, format: u8) {
    let expiry = if item.expires.is_some() { HAS_EXPIRY } else { 0 };
    let present = item.index.iter().enumerate().filter(|(_, key)| key.is_some());
    let flags = present.fold(expiry, |flags, (slot, _)| flags | (1 << slot));
    row.extend([0; CHECKSUM]);
    row.extend([format, flags]);
    row.extend(item.version.to_le_bytes());
    row.extend(item.expires.unwrap_or(0).to_le_bytes());
}

fn seal(row: &mut [u8]) {
    let checksum = crc32fast::hash(&row[CHECKSUM..]);
    row[..CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
}

/// Checks a row and answers its payload.
fn payload(row: &[u8]) -> Result<Cow<'_, [u8]>, BadRow> {
    let (checksum, covered) = row.split_first_chunk::<CHECKSUM>().ok_or(BadRow::Short)?;
    if crc32fast::hash(covered) != u32::from_le_bytes(*checksum) {
        return Err(BadRow::Checksum);
    }
    let payload = row.get(HEAD..).ok_or(BadRow::Short)?;
    match row[CHECKSUM] {
        PLAIN | COPY => Ok(Cow::Borrowed(payload)),
        PACKED => {
            let (length, packed) = payload.split_first_chunk::<LENGTH>().ok_or(BadRow::Short)?;
            let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| BadRow::Packed)?;
            decompress(packed, length).map(Cow::Owned)
        }
        _ => Err(BadRow::Format),
    }
}

/// Where a payload's body starts.
fn bodys_start(payload: &[u8]) -> Result<usize, BadRow> {
    if payload.len() < TEXTS {
        return Err(BadRow::Short);
    }
    let start = TEXTS + (0..2 * (1 + INDEXES)).map(|at| length(payload, at)).sum::<usize>();
    if start > payload.len() { Err(BadRow::Short) } else { Ok(start) }
}

/// The `at`th length, of a payload that has all of them.
fn length(payload: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([payload[2 * at], payload[2 * at + 1]]))
}

/// `None` if the library has no memory for it.
fn compress(payload: &[u8]) -> Option<Vec<u8>> {
    // One thread commits to a table at a time: few compressors serve all of them.
    static IDLE: Mutex<Vec<Compressor<'static>>> = Mutex::new(Vec::new());
    let idle = || IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let taken = idle().pop();
    let mut compressor = taken.or_else(new_compressor)?;
    let packed = compressor.compress(payload).ok();
    idle().push(compressor);
    packed
}

fn new_compressor() -> Option<Compressor<'static>> {
    let mut new = Compressor::with_prepared_dictionary(&TO_PACK).ok()?;
    new.include_dictid(false).ok()?;
    new.include_contentsize(false).ok()?;
    Some(new)
}

fn decompress(packed: &[u8], length: usize) -> Result<Vec<u8>, BadRow> {
    thread_local! {
        static UNPACKER: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
    }
    if length > LONGEST {
        return Err(BadRow::Packed);
    }
    UNPACKER.with_borrow_mut(|unpacker| {
        if unpacker.is_none() {
            *unpacker = Some(Decompressor::with_prepared_dictionary(&TO_UNPACK).map_err(|_| BadRow::Packed)?);
        }
        let unpacker = unpacker.as_mut().ok_or(BadRow::Packed)?;
        let payload = unpacker.decompress(packed, length).map_err(|_| BadRow::Packed)?;
        if payload.len() == length { Ok(payload) } else { Err(BadRow::Packed) }
    })
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
