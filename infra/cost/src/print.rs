//! The report: tables for people, JSON for programs.

use std::fmt::Write;

use crate::report::Report;

/// What the tables rest on.
const BASIS: &str = "\
Units and round trips are measured by the spending test, writes with the audit event's; prices are AWS's for us-east-1,
without free tiers, SES à la carte. The use is assumed (infra/cost/profile.toml). The billed time is composed, not
measured on Lambda: a hash of 20 ms on 1769 MB, a trip to DynamoDB of 5 ms (7.5 where the endpoint writes, 25 for a
transaction), SES 80 ms, the code's own work and signature by their instructions.";

impl Report {
    /// For programs.
    #[must_use]
    pub fn json(&self) -> String {
        // Strings and numbers alone: it does not fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// For people: Markdown.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "{BASIS}\n");
        self.write_endpoints(&mut text);
        self.write_months(&mut text);
        self.write_goals(&mut text);
        text
    }

    fn write_endpoints(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "| a million calls of | trips, reads / writes | ms at MB | gateway | Lambda | DynamoDB | SES | logs, transfer | total |"
        );
        let _ = writeln!(text, "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        for row in &self.endpoints {
            let call = &row.per_million;
            let columns = [
                row.endpoint.clone(),
                format!("{}, {} / {}", row.trips, row.reads, row.writes),
                format!("{} at {}", row.milliseconds, row.memory),
                dollars(call.gateway),
                dollars(call.lambda),
                dollars(call.writes + call.reads),
                dollars(call.mail),
                dollars(call.logs + call.transfer),
                dollars(row.total),
            ];
            let _ = writeln!(text, "| {} |", columns.join(" | "));
        }
    }

    fn write_months(&self, text: &mut String) {
        let sizes: Vec<_> = self.months.iter().map(|month| grouped(&month.bill.users.to_string())).collect();
        let _ = writeln!(text, "\n| a month of users | {} |", sizes.join(" | "));
        let _ = writeln!(text, "| --- |{}", " ---: |".repeat(sizes.len()));
        let lines: Vec<_> = self.months.iter().map(|month| month.bill.lines()).collect();
        for (index, (service, _)) in lines.first().into_iter().flatten().enumerate() {
            let columns: Vec<_> = lines.iter().map(|lines| dollars(lines[index].1)).collect();
            let _ = writeln!(text, "| {service} | {} |", columns.join(" | "));
        }
        let totals: Vec<_> =
            self.months.iter().map(|month| format!("**{}**", dollars(month.total))).collect();
        let _ = writeln!(text, "| **total** | {} |", totals.join(" | "));
        let each: Vec<_> = self.months.iter().map(|month| format!("${:.6}", month.per_user)).collect();
        let _ = writeln!(text, "| for each user | {} |", each.join(" | "));
    }

    fn write_goals(&self, text: &mut String) {
        let _ = writeln!(text, "\n| goal | counted | at most | is | |\n| --- | --- | ---: | ---: | --- |");
        for goal in &self.goals {
            let met = if goal.met { "met" } else { "**not met**" };
            let (at_most, is) = (dollars(goal.at_most), dollars(goal.dollars));
            let _ = writeln!(text, "| {} | {} | {at_most} | {is} | {met} |", goal.what, goal.basis);
        }
    }
}

/// To the cent, with a comma after each three digits.
fn dollars(amount: f64) -> String {
    // Half a cent goes up, though the sum be a breath below it.
    let text = format!("{:.2}", (amount * 100.0 + 1e-6).round() / 100.0);
    match text.split_once('.') {
        Some((whole, cents)) => format!("${}.{cents}", grouped(whole)),
        None => text,
    }
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Inputs;

    fn report() -> Report {
        Report::of(&Inputs::with(&[]).unwrap(), &[1000, 100_000, 10_000_000])
    }

    #[test]
    fn amounts_are_grouped() {
        for (amount, text) in [
            (0.0, "$0.00"),
            (0.125, "$0.13"),
            (6.324_999_999_999, "$6.33"),
            (12.5, "$12.50"),
            (999.999, "$1,000.00"),
            (1_234_567.0, "$1,234,567.00"),
        ] {
            assert_eq!(dollars(amount), text);
        }
    }

    #[test]
    fn it_says_the_same_twice() {
        assert_eq!(report().text(), report().text());
        assert_eq!(report().json(), report().json());
    }

    #[test]
    fn every_row_has_as_many_cells_as_its_heading() {
        for table in report().text().split("\n\n").filter(|part| part.starts_with('|')) {
            let cells: Vec<_> = table.lines().map(|line| line.matches('|').count()).collect();
            assert!(cells.windows(2).all(|pair| pair[0] == pair[1]), "{table}");
        }
    }

    #[test]
    fn the_json_has_the_totals() {
        let document: serde_json::Value = serde_json::from_str(&report().json()).unwrap();
        assert_eq!(document["months"][2]["users"], 10_000_000);
        assert!(document["months"][2]["total"].as_f64().unwrap() > 0.0);
    }
}
