//! Two pictures: the latency of a login over concurrency, and cost over users.

use std::path::Path;

use anyhow::anyhow;
use plotters::{backend::SVGBackend, element::PathElement};
use plotters::{
    chart::ChartBuilder,
    coord::combinators::IntoLogRange,
    drawing::IntoDrawingArea,
    series::LineSeries,
    style::{BLUE, Color, RED, RGBColor, TRANSPARENT, WHITE},
};

use crate::latency::Level;

const SIZE: (u32, u32) = (720, 420);

/// # Errors
/// When the file cannot be written.
pub fn latency(path: &Path, levels: &[Level]) -> anyhow::Result<()> {
    let of =
        |value: fn(&Level) -> f64| levels.iter().map(|level| (at(level), value(level))).collect::<Vec<_>>();
    draw(
        path,
        "A login over how many go at once (two processors)",
        ("at once", "ms"),
        &[("median", BLUE, of(|level| level.median)), ("99 %", RED, of(|level| level.p99))],
    )
}

#[expect(clippy::cast_precision_loss, reason = "they are few")]
fn at(level: &Level) -> f64 {
    level.concurrency as f64
}

/// # Errors
/// When the file cannot be written.
#[expect(clippy::cast_precision_loss, reason = "there are not so many people")]
pub fn cost(path: &Path, by_size: &[(u64, f64)]) -> anyhow::Result<()> {
    let cents = by_size.iter().map(|(users, dollars)| (*users as f64, dollars * 100.0)).collect();
    draw(path, "A month of a user over how many there are", ("users", "cents"), &[("Latchkey", BLUE, cents)])
}

type Line<'a> = (&'a str, RGBColor, Vec<(f64, f64)>);

fn draw(path: &Path, title: &str, (x, y): (&str, &str), lines: &[Line<'_>]) -> anyhow::Result<()> {
    let points = || lines.iter().flat_map(|(.., points)| points);
    let bounds = |value: fn(&(f64, f64)) -> f64| {
        points()
            .map(value)
            .fold((f64::INFINITY, 0.0_f64), |(least, most), one| (least.min(one), most.max(one)))
    };
    let ((left, right), (least, most)) = (bounds(|point| point.0), bounds(|point| point.1));
    let fault = |fault: &dyn std::fmt::Display| anyhow!("{}: {fault}", path.display());
    let area = SVGBackend::new(path, SIZE).into_drawing_area();
    area.fill(&WHITE).map_err(|error| fault(&error))?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 20))
        .margin(32)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d((left..right).log_scale(), (least.min(most / 2.0)..most * 1.1).log_scale())
        .map_err(|error| fault(&error))?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_label_formatter(&label)
        .y_label_formatter(&label)
        .x_desc(x)
        .y_desc(y)
        .draw()
        .map_err(|error| fault(&error))?;
    for (name, color, points) in lines {
        let color = *color;
        chart
            .draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(2)))
            .map_err(|error| fault(&error))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color));
    }
    chart.configure_series_labels().background_style(WHITE).draw().map_err(|error| fault(&error))?;
    area.present().map_err(|error| fault(&error))
}

/// What is on an axis, without what a sum of tenths leaves behind.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "plotters hands it over so")]
fn label(value: &f64) -> String {
    format!("{}", (value * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_has_short_labels() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cost.svg");
        cost(&path, &[(1000, 0.0113), (100_000, 0.000_526), (10_000_000, 0.000_413)]).unwrap();
        let drawn = std::fs::read_to_string(&path).unwrap();
        let shown: Vec<_> =
            drawn.lines().filter(|line| line.trim().parse::<f64>().is_ok()).map(str::trim).collect();
        assert!(shown.contains(&"100000") && shown.contains(&"0.7"), "{shown:?}");
        assert!(shown.iter().all(|label| label.len() <= 8), "{shown:?}");
    }
}
