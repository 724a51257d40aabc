//! At every size: nothing overlaps, nothing is outside, and the numbers of the design hold.

use super::*;

const SIZES: [[f32; 2]; 9] = [
    [640.0, 420.0],
    [640.0, 1000.0],
    [819.0, 559.0],
    [820.0, 560.0],
    [1000.0, 680.0],
    [1399.0, 900.0],
    [1400.0, 760.0],
    [1600.0, 1000.0],
    [2560.0, 1600.0],
];

fn wanted(open: Group) -> Wanted {
    Wanted { open, strip: true, browser: false }
}

fn parts(layout: &Layout) -> Vec<(String, Rect)> {
    let mut parts = vec![
        ("wordmark".to_owned(), layout.wordmark.shrink2(vec2(0.0, 4.0))),
        ("preset".to_owned(), layout.preset),
        ("undo".to_owned(), layout.undo),
        ("redo".to_owned(), layout.redo),
        ("compare".to_owned(), layout.compare),
        ("status".to_owned(), layout.status),
        ("settings".to_owned(), layout.settings),
        ("tools".to_owned(), layout.tools),
        ("stars".to_owned(), layout.stars),
        ("map".to_owned(), layout.map),
    ];
    parts.extend(layout.corners.iter().zip("ABCD".chars()).map(|(r, c)| (format!("corner {c}"), *r)));
    parts.extend(layout.column.slots.iter().map(|s| (format!("{:?}", s.group), s.rect)));
    parts.extend(layout.strip.map(|r| ("strip".to_owned(), r)));
    parts.extend(layout.wheels.iter().flatten().map(|r| ("wheel".to_owned(), *r)));
    parts.extend(layout.keys.iter().map(|k| ("keys".to_owned(), k.rect)));
    parts
}

#[test]
fn nothing_overlaps_and_nothing_is_outside() {
    for size in SIZES {
        let ways = [(false, false), (true, false), (true, true)];
        for (open, (strip, browser)) in Group::ALL.into_iter().flat_map(|open| ways.map(|way| (open, way))) {
            let layout = Layout::new(size.into(), Wanted { open, strip, browser });
            let mut parts = parts(&layout);
            if browser && !layout.docked {
                let covered = layout.column.slots.iter().map(|slot| slot.rect);
                parts.retain(|(_, rect)| covered.clone().all(|column| column != *rect));
            }
            if browser || layout.docked {
                parts.push(("browser".to_owned(), layout.browser));
            }
            for (i, (name, rect)) in parts.iter().enumerate() {
                assert!(rect.is_positive(), "{name} is empty at {size:?}");
                let inside = layout.window.expand(0.01);
                assert!(inside.contains_rect(*rect), "{name} {rect:?} is outside at {size:?}");
                for (other, o) in &parts[i + 1..] {
                    let both = rect.shrink(0.05).intersect(*o);
                    assert!(!both.is_positive(), "{name} {rect:?} and {other} {o:?} overlap at {size:?}");
                }
            }
        }
    }
}

#[test]
fn the_map_is_the_largest_thing_and_never_under_two_hundred() {
    for size in SIZES {
        let layout = Layout::new(size.into(), wanted(Group::Amp));
        assert!(layout.map.height() >= 200.0 && layout.map.width() >= 390.0, "{:?} at {size:?}", layout.map);
        let largest = layout.column.slots.iter().map(|slot| slot.rect.area()).fold(0.0, f32::max);
        assert!(layout.map.area() > 2.0 * largest, "{size:?}");
    }
}

#[test]
fn the_common_window_stands_as_drawn() {
    let layout = Layout::new(vec2(1000.0, 680.0), wanted(Group::Amp));
    assert_eq!(layout.class, Class::M);
    assert_eq!(layout.map.min, pos2(16.0, 100.0));
    assert_eq!(layout.map.size(), vec2(608.0, 372.0));
    assert_eq!(layout.strip, Some(Rect::from_min_size(pos2(16.0, 524.0), vec2(608.0, 76.0))));
    assert_eq!(layout.column.area.left(), 640.0);
    assert_eq!(layout.preset, Rect::from_min_size(pos2(328.0, 8.0), vec2(296.0, 32.0)));
    assert!(!layout.column.folds);
    assert_eq!(layout.keys.map(|k| k.rect), Some(Rect::from_min_size(pos2(80.0, 622.0), vec2(904.0, 50.0))));
}

#[test]
fn the_widest_window_has_the_browser_beside_the_groups() {
    for browser in [false, true] {
        let layout = Layout::new(vec2(2560.0, 1600.0), Wanted { browser, ..wanted(Group::Amp) });
        assert!(layout.docked && layout.map.width() > 1650.0, "{:?}", layout.map);
        assert!(layout.browser.left() > layout.column.area.right() && layout.sheet.right() <= layout.browser.left());
    }
}

#[test]
fn the_small_window_stands_as_drawn() {
    let layout = Layout::new(vec2(640.0, 420.0), wanted(Group::Amp));
    assert_eq!(layout.class, Class::S);
    assert_eq!(layout.map, Rect::from_min_size(pos2(12.0, 74.0), vec2(400.0, 228.0)));
    assert!(layout.column.folds);
    assert_eq!(layout.column.slots.iter().filter(|s| s.body == Body::Narrow).count(), 1);
}

#[test]
fn the_group_that_was_unfolded_is_open() {
    for open in Group::ALL {
        let layout = Layout::new(vec2(640.0, 420.0), wanted(open));
        let slot = layout.column.slots.iter().find(|s| s.group == open).unwrap();
        assert_eq!(slot.body, Body::Narrow, "{open:?}");
    }
}

#[test]
fn the_keyboard_goes_before_the_map() {
    let layout = Layout::new(vec2(640.0, 380.0), wanted(Group::Amp));
    assert!(layout.keys.is_none());
    assert!(layout.map.height() >= 200.0);
}
