//! Owns the fate of each call among all others: counted, or a repetition of one that is. The rules are those
//! of "Counted once" in `docs/USAGE.md`; calls in summaries are handled by `book`.

use crate::call::Call;
use crate::facts::Facts;
use crate::places::Places;
use agents::logs::Log;
use agents::tokens::Class;

/// Whether and where a call is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is counted here.
    Counted,
    /// It is also in another log, or in a side chain, and was counted in this session.
    Repeats(u32),
    /// A summary contains it.
    InSummary,
}

/// The index of a log, a call in it, and its fate.
pub(crate) type Judged = (usize, Call, Fate);

/// Every call with its fate, by message, in the order of [`ranks`]. A call that is counted has the largest usage of all
/// its repetitions.
pub(crate) fn judge(logs: &[(Log, Facts)], places: &[Places]) -> Vec<Judged> {
    let ranks = ranks(logs);
    let mut order: Vec<(u64, u32, u32)> = Vec::with_capacity(logs.iter().map(|(_, facts)| facts.calls.len()).sum());
    for (rank, n) in ranks.iter().enumerate() {
        let calls = logs.get(*n).map(|(_, facts)| facts.calls.iter()).into_iter().flatten();
        order.extend(calls.enumerate().map(|(place, call)| (call.message, rank as u32, place as u32)));
    }
    order.sort_unstable();
    let mut judged: Vec<Judged> = Vec::with_capacity(order.len());
    let mut group = 0;
    for (message, rank, place) in order {
        let Some(n) = ranks.get(rank as usize).copied() else { continue };
        let Some(call) = logs.get(n).and_then(|(_, facts)| facts.calls.get(place as usize)) else { continue };
        if judged.get(group).is_none_or(|(_, first, _)| first.message != message) {
            group = judged.len();
        }
        judge_one(&mut judged, group, n, call, places);
    }
    judged
}

/// Compares one call with those of the same message, which begin at `group`.
fn judge_one(judged: &mut Vec<Judged>, group: usize, n: usize, call: &Call, places: &[Places]) {
    let of = |n: usize, call: &Call| places.get(n).map(|places| places.session(call.session));
    let known = judged.iter_mut().skip(group).find(|(_, known, fate)| *fate == Fate::Counted && known.is(call));
    let Some((owner, known, fate)) = known else { return judged.push((n, call.clone(), Fate::Counted)) };
    if known.class.has(Class::SIDE) && !call.class.has(Class::SIDE) {
        // The main conversation takes precedence over its side chain.
        let mut better = call.clone();
        better.merge(known);
        *fate = Fate::Repeats(of(n, call).unwrap_or(u32::MAX));
        return judged.push((n, better, Fate::Counted));
    }
    if call.outdoes(known) {
        known.adopt(call);
    }
    let owner = of(*owner, known).unwrap_or(u32::MAX);
    judged.push((n, call.clone(), Fate::Repeats(owner)));
}

/// The order in which logs own a call that is in several: originals before copies, then older logs first.
pub(crate) fn ranks(logs: &[(Log, Facts)]) -> Vec<usize> {
    let mut ranks: Vec<usize> = (0..logs.len()).collect();
    ranks.sort_by_key(|n| logs.get(*n).is_some_and(|(_, facts)| facts.forked));
    ranks
}
