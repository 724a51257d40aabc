//! FLAC streams, whole and damaged.

use super::*;
use proptest::prelude::*;

fn tone(frames: usize) -> Vec<[i16; 2]> {
    (0..frames)
        .map(|i| {
            let t = i as f64 / 48_000.0;
            let wave = |f: f64| (f64::sin(t * f * std::f64::consts::TAU) * 12_000.0) as i16;
            [wave(220.0), wave(331.0)]
        })
        .collect()
}

fn decode(bytes: &[u8]) -> Result<Vec<[i16; 2]>, FlacError> {
    let mut decoder = Decoder::new(&bytes)?;
    let mut out = Vec::new();
    while let Some(block) = decoder.next_block()? {
        assert_eq!(block.start as usize, out.len());
        out.extend(block.left.iter().zip(block.right).map(|(l, r)| [(l >> 16) as i16, (r >> 16) as i16]));
    }
    Ok(out)
}

#[test]
fn any_length_comes_back_bit_for_bit() {
    for frames in [1, 2, 15, 16, 17, 255, 4095, 4096, 4097, 8192, 20_000] {
        let input = tone(frames);
        let bytes = encode_i16(&input, 48_000).unwrap();
        let info = FlacInfo::read(&bytes.as_slice()).unwrap();
        assert_eq!((info.sample_rate_hz, info.channels, info.bits, info.frames), (48_000, 2, 16, frames as u64));
        assert_eq!(decode(&bytes).unwrap(), input, "{frames} frames");
    }
}

#[test]
fn silence_and_full_scale_noise_come_back_bit_for_bit() {
    let silence = vec![[0i16; 2]; 10_000];
    assert_eq!(decode(&encode_i16(&silence, 44_100).unwrap()).unwrap(), silence);
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as i16
    };
    let noise: Vec<[i16; 2]> = (0..10_000).map(|_| [next(), next()]).collect();
    assert_eq!(decode(&encode_i16(&noise, 44_100).unwrap()).unwrap(), noise);
}

#[test]
fn metadata_between_the_header_and_the_audio_is_stepped_over() {
    let input = tone(9000);
    let mut bytes = encode_i16(&input, 48_000).unwrap();
    let first = FlacInfo::read(&bytes.as_slice()).unwrap().audio_offset as usize;
    assert_eq!(first, 42);
    bytes[4] &= 0x7F;
    // A picture block that claims nothing sensible inside, and padding.
    let mut blocks = vec![6, 0, 0, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
    blocks.extend([0x81, 0, 0, 3, 0, 0, 0]);
    bytes.splice(42..42, blocks);
    assert_eq!(decode(&bytes).unwrap(), input);
}

#[test]
fn a_last_short_block_counted_as_the_smallest_is_no_obstacle() {
    let input = tone(9000);
    let mut bytes = encode_i16(&input, 48_000).unwrap();
    bytes[8..10].copy_from_slice(&808u16.to_be_bytes());
    assert_eq!(decode(&bytes).unwrap(), input);
}

#[test]
fn every_flipped_byte_in_a_frame_is_found() {
    let input = tone(3 * 4096);
    let good = encode_i16(&input, 48_000).unwrap();
    for at in (42..good.len()).step_by(97) {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        assert!(matches!(decode(&bad), Err(FlacError::Damaged { .. })), "byte {at} of {}", good.len());
    }
}

#[test]
fn a_stream_that_is_cut_short_gives_what_is_there_and_then_an_error() {
    let bytes = encode_i16(&tone(5 * 4096), 48_000).unwrap();
    let cut = &bytes[..bytes.len() * 3 / 5];
    let mut decoder = Decoder::new(&cut).unwrap();
    let mut frames = 0;
    let error = loop {
        match decoder.next_block() {
            Ok(Some(block)) => frames += block.left.len(),
            Ok(None) => panic!("the cut was not seen"),
            Err(error) => break error,
        }
    };
    assert!(frames >= 4096, "{frames}");
    assert!(matches!(error, FlacError::Damaged { frames: 20_480, .. }), "{error}");
}

#[test]
fn dither_is_repeatable_unbiased_and_leaves_16_bit_input_alone() {
    let exact: Vec<[f32; 2]> = tone(1000).iter().map(|f| f.map(|v| f32::from(v) / 32768.0)).collect();
    assert_eq!(quantise(&exact, 7).unwrap(), tone(1000));
    // A level of a quarter step: without dither it would vanish, with it the mean is right.
    let quiet = vec![[0.25 / 32768.0; 2]; 100_000];
    let a = quantise(&quiet, 1).unwrap();
    assert_eq!(a, quantise(&quiet, 1).unwrap());
    assert_ne!(a, quantise(&quiet, 2).unwrap());
    let mean = a.iter().flatten().map(|&v| f64::from(v)).sum::<f64>() / 200_000.0;
    assert!((mean - 0.25).abs() < 0.01, "{mean}");
    let power = a.iter().flatten().map(|&v| (f64::from(v) - 0.25).powi(2)).sum::<f64>() / 200_000.0;
    assert!((power - 0.25).abs() < 0.01, "the error's power is 1/4 step² for triangular dither: {power}");
    assert_eq!(quantise(&[[2.0, -2.0]], 0).unwrap(), [[32767, -32768]]);
    assert!(quantise(&[[f32::NAN, 0.0]], 0).is_err());
}

#[test]
fn what_can_not_be_encoded_is_refused() {
    assert!(matches!(encode_i16(&[], 48_000), Err(FlacError::Encode { .. })));
    assert!(matches!(encode_i16(&[[0; 2]; 16], 192_000), Err(FlacError::Encode { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_bytes_make_it_panic(at in 0usize..6000, with in any::<u8>(), cut in any::<u16>()) {
        let mut bytes = encode_i16(&tone(6000), 48_000).unwrap();
        let at = at % bytes.len();
        bytes[at] = with;
        let _ = decode(&bytes);
        bytes.truncate(usize::from(cut) % bytes.len());
        let _ = decode(&bytes);
    }
}

#[test]
fn any_part_of_a_stream_is_found_with_a_table_and_without() {
    let input = tone(40 * 4096 + 77);
    let with = encode_i16(&input, 48_000).unwrap();
    let info = FlacInfo::read(&with.as_slice()).unwrap();
    assert!(info.seek_table.is_some());
    // The same without its table.
    let mut without = with[..42].to_vec();
    without[4] |= 0x80;
    without.extend(&with[info.audio_offset as usize..]);
    for bytes in [with, without] {
        let source = bytes.as_slice();
        let info = FlacInfo::read(&source).unwrap();
        let index = FlacIndex::read(&source, &info).unwrap();
        for start in [0, 1, 4095, 4096, 20 * 4096, 39 * 4096 + 5, 40 * 4096 + 76] {
            let frames = start as u64..(start as u64 + 5000).min(info.frames);
            let (place, first) = index.find(&frames);
            assert!(place.end - place.start < source.len() as u64 / 8, "no more than it takes");
            let blocks = &source[place.start as usize..place.end as usize];
            let mut decoder = Decoder::part(&blocks, &info, first).unwrap();
            let (first, mut got) = (first as usize, Vec::new());
            while ((first + got.len()) as u64) < frames.end {
                let block = decoder.next_block().unwrap().unwrap();
                got.extend(block.left.iter().zip(block.right).map(|(l, r)| [(l >> 16) as i16, (r >> 16) as i16]));
            }
            assert!(first <= start && got == input[first..first + got.len()], "from {start}");
        }
    }
}

#[test]
fn a_table_that_lies_is_an_error_or_passed_over() {
    let input = tone(40 * 4096);
    let good = encode_i16(&input, 48_000).unwrap();
    let info = FlacInfo::read(&good.as_slice()).unwrap();
    let (table, bytes) = info.seek_table.unwrap();
    for at in (table..table + bytes).step_by(5) {
        let mut bad = good.clone();
        bad[at as usize] ^= 0x41;
        let source = bad.as_slice();
        let index = FlacIndex::read(&source, &info).unwrap();
        let (place, first) = index.find(&(8 * 4096..9 * 4096));
        let blocks = &source[place.start as usize..place.end as usize];
        if let Ok(mut decoder) = Decoder::part(&blocks, &info, first)
            && let Ok(Some(block)) = decoder.next_block()
        {
            let right = input[block.start as usize..].iter().zip(block.left);
            assert!(right.map(|(a, b)| (a[0], (b >> 16) as i16)).all(|(a, b)| a == b), "wrong sound");
        }
    }
}

/// A stream with a hole of zeros before `rest`, as a sparse file has it.
struct Holed {
    bytes: Vec<u8>,
    rest: usize,
    hole: u64,
    reads: std::sync::atomic::AtomicUsize,
}

impl ByteSource for Holed {
    fn len(&self) -> u64 {
        self.bytes.len() as u64 + self.hole
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        assert!(self.reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 1000, "it reads the hole");
        let rest = self.rest as u64;
        for (at, out) in (offset..).zip(out) {
            *out = match at {
                at if at < rest => self.bytes[at as usize],
                at if at < rest + self.hole => 0,
                at => self.bytes[(at - self.hole) as usize],
            };
        }
        Ok(())
    }
}

#[test]
fn a_hole_in_a_stream_is_damage_and_takes_neither_memory_nor_time() {
    let mut bytes = encode_i16(&tone(40 * 4096), 48_000).unwrap();
    let info = FlacInfo::read(&bytes.as_slice()).unwrap();
    let (table, len) = info.seek_table.unwrap();
    let hole = 60u64 << 30;
    // The table says that all blocks from the twentieth on lie behind the hole.
    let twentieth = (table + 20 * 18 + 8) as usize;
    let rest = info.audio_offset + u64::from_be_bytes(bytes[twentieth..twentieth + 8].try_into().unwrap());
    for point in (table + 20 * 18..table + len).step_by(18) {
        let place = point as usize + 8..point as usize + 16;
        let offset = u64::from_be_bytes(bytes[place.clone()].try_into().unwrap()) + hole;
        bytes[place].copy_from_slice(&offset.to_be_bytes());
    }
    let source = Holed { bytes, rest: rest as usize, hole, reads: Default::default() };
    assert!(matches!(FlacIndex::read(&source, &info), Err(FlacError::Damaged { .. })));
    // At the end it is only more than the last block has.
    let bytes = encode_i16(&tone(40 * 4096), 48_000).unwrap();
    let source = Holed { rest: bytes.len(), bytes, hole, reads: Default::default() };
    let (place, _) = FlacIndex::read(&source, &info).unwrap().find(&(38 * 4096..40 * 4096));
    assert!(place.end - place.start < 1 << 20, "{place:?}");
}
