//! A FLAC stream that is damaged in its middle.

use betwixt_engine::flac::{Decoder, FlacError, encode_i16};

#[test]
fn a_hole_in_the_middle_ends_the_stream_there_and_shifts_nothing() {
    let wave = |i: usize, hz: f64| ((i as f64 / 48_000.0 * hz * std::f64::consts::TAU).sin() * 12_000.0) as i16;
    let tone: Vec<[i16; 2]> = (0..5 * 4096).map(|i| [wave(i, 220.0), wave(i, 331.0)]).collect();
    let mut bytes = encode_i16(&tone, 48_000).unwrap();
    // The frames of a steady tone are of about one size: this is inside the third.
    let at = 42 + (bytes.len() - 42) / 2;
    bytes[at] ^= 0xFF;
    let stream = bytes.as_slice();
    let mut decoder = Decoder::new(&stream).unwrap();
    let mut frames = 0;
    let end = loop {
        match decoder.next_block() {
            Ok(Some(block)) => frames += block.left.len(),
            end => break end.map(|_| ()),
        }
    };
    assert_eq!(frames, 2 * 4096);
    assert!(matches!(end, Err(FlacError::Damaged { frame: 8192, frames: 20_480, .. })), "{end:?}");
}
