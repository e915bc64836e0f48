//! The searched texts of many records as one contiguous text, so that a search is one pass over memory.

use std::{cmp::Ordering, collections::BinaryHeap};

use memchr::memmem::Finder;
use uuid::Uuid;

use super::text::{MatchRank, SearchText};

/// A record in a shelf.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// The place of its kind in the list of searched kinds.
    pub kind: u8,
    pub id: Uuid,
    pub enterprise: Option<Uuid>,
    /// Where its texts begin. They end where those of the next row begin.
    start: u32,
    is_removed: bool,
}

/// The texts of some records, and which record each belongs to.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// Each folded text after a line feed, which no folded text contains.
    texts: String,
    rows: Vec<Row>,
    removed: usize,
}

/// A shelf holds at most so many bytes of text: those of some 50 million records.
const MAX_TEXT: usize = u32::MAX as usize;

impl Shelf {
    /// Adds a record that the shelf does not have.
    pub(super) fn add<'t>(
        &mut self,
        kind: u8,
        id: Uuid,
        enterprise: Option<Uuid>,
        texts: impl Iterator<Item = &'t String>,
    ) {
        let start = u32::try_from(self.texts.len()).expect("add follows has_room");
        for text in texts {
            self.texts.push('\n');
            self.texts.push_str(text);
        }
        self.rows.push(Row { kind, id, enterprise, start, is_removed: false });
    }

    /// Whether a record with so many bytes of text can be added.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.texts.len() + bytes < MAX_TEXT
    }

    pub(super) fn remove(&mut self, kind: u8, id: Uuid) {
        for row in &mut self.rows {
            if row.id == id && row.kind == kind && !row.is_removed {
                row.is_removed = true;
                self.removed += 1;
            }
        }
        if self.removed > 64 && self.removed > self.rows.len() / 2 {
            self.compact();
        }
    }

    fn compact(&mut self) {
        let mut kept = Self::default();
        for place in 0..self.rows.len() {
            let row = self.rows[place];
            if !row.is_removed {
                let start = u32::try_from(kept.texts.len()).expect("it is not longer than before");
                kept.texts.push_str(self.texts_of(place));
                kept.rows.push(Row { start, ..row });
            }
        }
        *self = kept;
    }

    /// Gives back the memory that growing left over.
    pub(super) fn shrink(&mut self) {
        self.texts.shrink_to_fit();
        self.rows.shrink_to_fit();
    }

    pub(super) const fn bytes(&self) -> usize {
        self.texts.capacity() + self.rows.capacity() * size_of::<Row>()
    }

    /// The ids of all records.
    pub(super) fn ids(&self) -> impl Iterator<Item = Uuid> {
        self.rows.iter().filter(|row| !row.is_removed).map(|row| row.id)
    }

    fn texts_of(&self, place: usize) -> &str {
        let end = self.rows.get(place + 1).map_or(self.texts.len(), |next| next.start as usize);
        &self.texts[self.rows[place].start as usize..end]
    }

    /// Offers the rows that match, of those that may be found.
    pub(super) fn find(
        &self,
        wanted: &SearchText,
        shelf: Uuid,
        may_find: impl FnMut(&Row) -> bool,
        best: &mut BestMatches,
    ) {
        self.each_match(wanted, may_find, |rank, texts, row| best.offer(rank, texts, row, shelf));
    }

    /// Visits the rows that match, of those that may be found, with their texts.
    pub(super) fn each_match(
        &self,
        wanted: &SearchText,
        mut may_find: impl FnMut(&Row) -> bool,
        mut visit: impl FnMut(MatchRank, &str, &Row),
    ) {
        if wanted.has_id() {
            for (place, row) in self.rows.iter().enumerate() {
                if let Some(rank) = wanted.rank_id(row.id)
                    && !row.is_removed
                    && may_find(row)
                {
                    let texts = self.texts_of(place);
                    visit(wanted.rank(texts).map_or(rank, |by_text| by_text.min(rank)), texts, row);
                }
            }
        }
        if wanted.longest_word().is_empty() || wanted.is_whole_id() {
            return;
        }
        let finder = Finder::new(wanted.longest_word());
        let (mut from, mut place) = (0, 0);
        while let Some(at) = finder.find(&self.texts.as_bytes()[from..]) {
            let at = from + at;
            while self.rows.get(place + 1).is_some_and(|next| next.start as usize <= at) {
                place += 1;
            }
            let (row, texts) = (&self.rows[place], self.texts_of(place));
            if !row.is_removed
                && wanted.rank_id(row.id).is_none()
                && may_find(row)
                && let Some(rank) = wanted.rank(texts)
            {
                visit(rank, texts, row);
            }
            from = row.start as usize + texts.len();
        }
    }
}

/// The best of the matches that were offered, a bounded number.
#[derive(Debug)]
pub(super) struct BestMatches {
    limit: usize,
    /// The worst on top.
    heap: BinaryHeap<Match>,
}

#[derive(Debug)]
pub(super) struct Match {
    pub rank: MatchRank,
    texts: String,
    pub row: Row,
    /// The account whose shelf it is from; nil: the platform's.
    pub shelf: Uuid,
}

impl BestMatches {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, heap: BinaryHeap::with_capacity(limit + 1) }
    }

    fn offer(&mut self, rank: MatchRank, texts: &str, row: &Row, shelf: Uuid) {
        let full = self.heap.len() == self.limit;
        if full {
            let Some(worst) = self.heap.peek() else { return };
            if (rank, texts, row.id) >= (worst.rank, worst.texts.as_str(), worst.row.id) {
                return;
            }
        }
        self.heap.push(Match { rank, texts: texts.to_owned(), row: *row, shelf });
        if full {
            self.heap.pop();
        }
    }

    /// The best first. Of one rank, by text.
    pub(super) fn into_sorted(self) -> Vec<Match> {
        self.heap.into_sorted_vec()
    }
}

impl Match {
    fn order(&self) -> (MatchRank, &str, Uuid) {
        (self.rank, &self.texts, self.row.id)
    }
}

impl PartialEq for Match {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}
impl Eq for Match {}
impl PartialOrd for Match {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Match {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::search::text::folded;

    fn id(number: u8) -> Uuid {
        Uuid::from_u128(u128::from(number) + 1)
    }

    /// What a shelf must find: by a look at each record.
    fn naive(model: &BTreeMap<u8, (u8, Vec<String>)>, wanted: &SearchText, limit: usize) -> Vec<(MatchRank, Uuid)> {
        let mut found: Vec<_> = model
            .iter()
            .filter_map(|(number, (_, texts))| {
                let joined: String = texts.iter().flat_map(|text| ["\n".to_owned(), folded(text)]).collect();
                let rank = wanted.rank(&joined).into_iter().chain(wanted.rank_id(id(*number))).min()?;
                Some((rank, joined, id(*number)))
            })
            .collect();
        found.sort();
        found.truncate(limit);
        found.into_iter().map(|(rank, _, id)| (rank, id)).collect()
    }

    fn text() -> impl Strategy<Value = String> {
        proptest::collection::vec(prop_oneof!["[aAbB]{1,3}", "é|ß|ab ba|[a-c]@b"], 1..4)
            .prop_map(|parts| parts.concat())
    }

    #[derive(Clone, Debug)]
    enum Step {
        Put(u8, Vec<String>),
        Remove(u8),
        Search(String, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (any::<u8>(), proptest::collection::vec(text(), 1..3)).prop_map(|(n, texts)| Step::Put(n, texts)),
            3 => any::<u8>().prop_map(Step::Remove),
            2 => (text(), 1..9_usize).prop_map(|(query, limit)| Step::Search(query, limit)),
        ]
    }

    proptest! {
        #[test]
        fn a_shelf_finds_what_a_look_at_each_record_finds(steps in proptest::collection::vec(step(), 1..400)) {
            let (mut shelf, mut model) = (Shelf::default(), BTreeMap::new());
            for step in steps {
                match step {
                    Step::Put(number, texts) => {
                        let folded: Vec<String> = texts.iter().map(|text| folded(text)).collect();
                        shelf.remove(0, id(number));
                        shelf.add(0, id(number), None, folded.iter());
                        model.insert(number, (0, texts));
                    }
                    Step::Remove(number) => {
                        shelf.remove(0, id(number));
                        model.remove(&number);
                    }
                    Step::Search(query, limit) => {
                        let wanted = SearchText::new(&query).unwrap();
                        let mut best = BestMatches::new(limit);
                        shelf.find(&wanted, Uuid::nil(), |_| true, &mut best);
                        let found: Vec<_> = best.into_sorted().iter().map(|found| (found.rank, found.row.id)).collect();
                        prop_assert_eq!(found, naive(&model, &wanted, limit), "{}", query);
                    }
                }
            }
            prop_assert_eq!(shelf.rows.len() - shelf.removed, model.len());
        }
    }

    #[test]
    fn removed_rows_give_their_memory_back() {
        let mut shelf = Shelf::default();
        let text = "x".repeat(100);
        for round in 0..100 {
            for number in 0..=255 {
                shelf.remove(0, id(number));
                shelf.add(0, id(number), None, std::iter::once(&text));
            }
            assert!(shelf.bytes() < 200_000, "{} bytes in round {round}", shelf.bytes());
        }
    }
}
