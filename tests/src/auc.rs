//! How well one measurement tells two groups apart.

/// The area under the curve of who would guess the group by the figure: 0.5 is by chance, 0 or 1 is always. The
/// share of pairs in which the second's is the greater, equal ones by half (Mann and Whitney's U).
#[must_use]
pub fn auc(first: &[f64], second: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> = first
        .iter()
        .map(|figure| (*figure, false))
        .chain(second.iter().map(|figure| (*figure, true)))
        .collect();
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut below, mut wins) = (0.0, 0.0);
    for tied in all.chunk_by(|one, other| one.0.total_cmp(&other.0).is_eq()) {
        let seconds = count(tied.iter().filter(|(_, is_second)| *is_second));
        let firsts = count(tied.iter().filter(|(_, is_second)| !*is_second));
        wins += seconds * (below + firsts / 2.0);
        below += firsts;
    }
    wins / (count(first.iter()) * count(second.iter()))
}

fn count<T>(all: impl Iterator<Item = T>) -> f64 {
    all.fold(0.0, |count, _| count + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "halves and quarters are exact")]
    fn is_the_share_of_pairs() {
        assert_eq!(auc(&[1.0, 2.0], &[3.0, 4.0]), 1.0);
        assert_eq!(auc(&[3.0, 4.0], &[1.0, 2.0]), 0.0);
        assert_eq!(auc(&[1.0, 1.0], &[1.0, 1.0]), 0.5);
        assert_eq!(auc(&[1.0, 3.0], &[2.0, 4.0]), 0.75);
    }
}
