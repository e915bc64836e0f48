//! How keys become bytes of one ordered tree, so that a partition is one run of it and sort keys keep their order.
//!
//! The first byte names the part of the tree: records, one part per index, expiry. Every component but the last is
//! escaped and ends in a zero byte, which sorts before all that an escaped component can hold; text never holds a
//! byte above 0xf4, so 0xff closes a range.

use std::ops::Bound;

use kernel::ports::table::{Index, Key, Order, Position, Query, Range};

const RECORDS: u8 = 0;
const EXPIRY: u8 = 8;
const ABOVE_TEXT: u8 = 0xff;

/// A run of the tree, from a bound to a bound.
pub(super) type Run = (Bound<Vec<u8>>, Bound<Vec<u8>>);

/// The place of a record.
pub(super) fn record(key: &Key) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(key.pk.len() + key.sk.len() + 2);
    bytes.push(RECORDS);
    push_primary(&mut bytes, key);
    bytes
}

/// The place of a record's entry in one index.
pub(super) fn entry(slot: usize, index: &Key, key: &Key) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(index.pk.len() + index.sk.len() + key.pk.len() + key.sk.len() + 4);
    bytes.push(part(slot));
    push_escaped(&mut bytes, &index.pk);
    push_escaped(&mut bytes, &index.sk);
    push_primary(&mut bytes, key);
    bytes
}

/// The record key of an index entry.
pub(super) fn record_of_entry(entry: &[u8]) -> Option<Vec<u8>> {
    let mut zeros = entry.iter().enumerate().skip(1).filter(|(_, byte)| **byte == 0);
    let (end, _) = zeros.nth(1)?;
    Some(record_of_tail(&entry[end + 1..]))
}

/// The index key and the record's key that an index entry was made of.
pub(super) fn read_entry(entry: &[u8]) -> Option<(Key, Key)> {
    let mut components = entry.get(1..)?.splitn(4, |byte| *byte == 0);
    let mut escaped = || unescape(components.next()?);
    let (index_pk, index_sk, pk) = (escaped()?, escaped()?, escaped()?);
    let sk = String::from_utf8(components.next()?.to_vec()).ok()?;
    Some((Key { pk: index_pk, sk: index_sk }, Key { pk, sk }))
}

/// The key that the place of a record was made of.
pub(super) fn read_record(place: &[u8]) -> Option<Key> {
    let mut components = place.strip_prefix(&[RECORDS])?.splitn(2, |byte| *byte == 0);
    let pk = unescape(components.next()?)?;
    let sk = String::from_utf8(components.next()?.to_vec()).ok()?;
    Some(Key { pk, sk })
}

/// The slot of the index that an entry is in.
pub(super) fn slot_of_entry(entry: &[u8]) -> Option<usize> {
    entry.first()?.checked_sub(1).map(usize::from)
}

/// The place of a record in the order of expiry.
pub(super) fn expiry(expires: i64, key: &Key) -> Vec<u8> {
    let mut bytes = expiry_start(expires);
    push_primary(&mut bytes, key);
    bytes
}

/// All entries of records whose time is over before `now`.
pub(super) fn expired_before(now: i64) -> std::ops::Range<Vec<u8>> {
    vec![EXPIRY]..expiry_start(now)
}

/// All entries of the expiry part.
pub(super) fn all_expiry() -> std::ops::Range<Vec<u8>> {
    vec![EXPIRY]..vec![EXPIRY + 1]
}

/// The second and the record of an expiry entry.
pub(super) fn read_expiry(entry: &[u8]) -> Option<(i64, Vec<u8>)> {
    let (time, tail) = entry.get(1..)?.split_first_chunk::<8>()?;
    Some((i64::from_be_bytes(*time) ^ i64::MIN, record_of_tail(tail)))
}

/// The range of the tree that a query reads; `None` if nothing can be there.
pub(super) fn walk(query: &Query) -> Option<Run> {
    let slot = query.index.slot();
    let mut partition = vec![slot.map_or(RECORDS, part)];
    push_escaped(&mut partition, &query.pk);
    let sort = |text: &str, tail: &[u8]| {
        let mut bytes = partition.clone();
        match slot {
            None => bytes.extend(text.bytes()),
            Some(_) => escape(&mut bytes, text),
        }
        bytes.extend(tail);
        bytes
    };
    // A record's sort key is the last component and raw, so it is followed by nothing; an entry's is closed by a zero.
    let up_to = |text: &str| match slot {
        None => Bound::Included(sort(text, &[])),
        Some(_) => Bound::Excluded(sort(text, &[0, ABOVE_TEXT])),
    };
    let whole = || sort("", &[ABOVE_TEXT]);
    let (mut low, mut high) = match &query.range {
        Range::All => (sort("", &[]), Bound::Excluded(whole())),
        Range::Prefix(prefix) => (sort(prefix, &[]), Bound::Excluded(sort(prefix, &[ABOVE_TEXT]))),
        Range::Between(low, high) => (sort(low, &[]), up_to(high)),
        Range::AtLeast(low) => (sort(low, &[]), Bound::Excluded(whole())),
        Range::AtMost(high) => (sort("", &[]), up_to(high)),
    };
    let mut low_bound = Bound::Included(std::mem::take(&mut low));
    if let Some(after) = &query.after {
        let place = place(query.index, after)?;
        match query.order {
            Order::Ascending if place >= *start(&low_bound) => low_bound = Bound::Excluded(place),
            Order::Descending if place <= *start(&high) => high = Bound::Excluded(place),
            Order::Ascending | Order::Descending => {}
        }
    }
    let (from, to) = (start(&low_bound), start(&high));
    let both_included = matches!((&low_bound, &high), (Bound::Included(_), Bound::Included(_)));
    let empty = from > to || (from == to && !both_included);
    if empty { None } else { Some((low_bound, high)) }
}

fn place(index: Index, position: &Position) -> Option<Vec<u8>> {
    match index.slot() {
        None => Some(record(&position.key)),
        Some(slot) => position.index.as_ref().map(|at| entry(slot, at, &position.key)),
    }
}

fn start(bound: &Bound<Vec<u8>>) -> &Vec<u8> {
    const NOTHING: &Vec<u8> = &Vec::new();
    match bound {
        Bound::Included(bytes) | Bound::Excluded(bytes) => bytes,
        Bound::Unbounded => NOTHING,
    }
}

fn part(slot: usize) -> u8 {
    1 + u8::try_from(slot).expect("there are three indexes")
}

fn expiry_start(expires: i64) -> Vec<u8> {
    let mut bytes = vec![EXPIRY];
    // With the sign turned, bytes order as the numbers do.
    bytes.extend((expires ^ i64::MIN).to_be_bytes());
    bytes
}

fn record_of_tail(tail: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(tail.len() + 1);
    bytes.push(RECORDS);
    bytes.extend(tail);
    bytes
}

fn push_primary(bytes: &mut Vec<u8>, key: &Key) {
    push_escaped(bytes, &key.pk);
    bytes.extend(key.sk.bytes());
}

fn push_escaped(bytes: &mut Vec<u8>, text: &str) {
    escape(bytes, text);
    bytes.push(0);
}

/// Writes 0x00 as 0x01 0x01 and 0x01 as 0x01 0x02, which keeps the order and leaves zero free to end a component.
fn escape(bytes: &mut Vec<u8>, text: &str) {
    if text.bytes().all(|byte| byte > 1) {
        bytes.extend(text.bytes());
        return;
    }
    for byte in text.bytes() {
        if byte <= 1 {
            bytes.extend([1, byte + 1]);
        } else {
            bytes.push(byte);
        }
    }
}

fn unescape(bytes: &[u8]) -> Option<String> {
    let mut text = Vec::with_capacity(bytes.len());
    let mut bytes = bytes.iter();
    while let Some(byte) = bytes.next() {
        text.push(if *byte == 1 { bytes.next()?.checked_sub(1)? } else { *byte });
    }
    String::from_utf8(text).ok()
}
