//! Tables for people: cells below each other, as wide as they must be and no wider than the terminal.

/// What stands where a cell was cut.
const CUT: char = '…';

/// The rows as lines, with two blanks between the columns. Columns are cut to the given least widths, in that order, until
/// the lines fit into `width`.
pub(super) fn lines<const N: usize>(rows: &[[String; N]], width: usize, may_shrink: &[(usize, usize)]) -> Vec<String> {
    let mut widths: [usize; N] = std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default());
    for (column, least) in may_shrink {
        let too_much = (widths.iter().sum::<usize>() + 2 * (N - 1)).saturating_sub(width);
        let kept = widths[*column].saturating_sub(too_much).max(*least);
        widths[*column] = kept.min(widths[*column]);
    }
    let line = |row: &[String; N]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{:width$}", cut(cell, width))).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn cut(cell: &str, width: usize) -> String {
    if cell.chars().count() <= width {
        return cell.to_owned();
    }
    cell.chars().take(width.saturating_sub(1)).chain([CUT]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_shrink_in_their_order_and_no_further_than_they_may() {
        let rows = [["A", "B", "C"], ["alpha", "beta-gamma-delta", "x"]].map(|row| row.map(str::to_owned));
        assert_eq!(lines(&rows, 80, &[(1, 4)]), ["A      B                 C", "alpha  beta-gamma-delta  x"]);
        assert_eq!(lines(&rows, 20, &[(1, 4), (0, 3)]), ["A      B           C", "alpha  beta-gamm…  x"]);
        assert_eq!(lines(&rows, 13, &[(1, 4), (0, 3)]), ["A     B     C", "alp…  bet…  x"]);
        assert_eq!(lines(&rows, 1, &[(1, 4), (0, 3)]), ["A    B     C", "al…  bet…  x"]);
    }
}
