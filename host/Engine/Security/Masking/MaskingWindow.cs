using System.Buffers;

namespace DelphiRunner.Engine.Security.Masking;

/// <summary>
/// Masks one stream chunk by chunk. What may be the beginning of a secret is held back until it is known, and no more than that, so
/// that a line is not late and a secret over the border of two chunks does not pass. Not thread-safe.
/// </summary>
internal sealed class MaskingWindow(SecretMasker masker)
{
    private readonly Reading[] _readings =
    [
        new(EscapeKinds.None, masker.HasSpaces),
        new(EscapeKinds.Backslash, masker.HasSpaces),
        new(EscapeKinds.Percent, masker.HasSpaces),
        new(EscapeKinds.Backslash | EscapeKinds.Percent, masker.HasSpaces),
    ];

    private readonly List<Range> _found = [];
    private readonly ArrayBufferWriter<byte> _masked = new();
    private byte[] _text = [];

    // How much of the text is held over, how much of that was passed on already, and whether that ended with a mark.
    private int _held;
    private int _passed;
    private bool _isUnderMark;

    // A wrapped or coloured secret takes a multiple of its own length.
    private int MaxHeld => (4 * masker.Longest) + (64 * 1024);

    /// <summary>Masks the next chunk.</summary>
    /// <returns>What may be passed on; valid until the next call or until the chunk changes.</returns>
    public ReadOnlySpan<byte> Mask(ReadOnlySpan<byte> chunk)
    {
        if (masker.Longest == 0 || chunk.IsEmpty)
            return chunk;
        var text = _held == 0 ? chunk : Append(chunk);
        Search(text);
        var hold = HoldFrom(text.Length, out var pass);
        // Most chunks hold nothing; they are passed on as they are.
        var masked = _held == 0 && _found.Count == 0 ? PassUpTo(text, pass) : MaskUpTo(text, pass);
        Hold(text[hold..]);
        _passed = Math.Max(0, _passed - hold);
        return masked;
    }

    /// <summary>Ends the stream. The beginning of a secret that was cut off by the end is masked too, if it is long enough to be no chance.</summary>
    /// <returns>What was held back.</returns>
    public ReadOnlySpan<byte> Finish()
    {
        var text = _text.AsSpan(0, _held);
        Search(text);
        foreach (var reading in _readings.Where(reading => reading.IsUsed))
        {
            var bytes = reading.Text.Bytes;
            // A line that is whole was not cut off within a word.
            var isWhole = reading.Text.BytesBeforeLastLine == bytes.Length;
            for (var (at, noChance) = masker.FindBeginning(bytes, 0); at >= 0; (at, noChance) = masker.FindBeginning(bytes, at + 1))
            {
                if (bytes.Length - at >= (isWhole ? noChance : SecretMasker.MinLength))
                    _found.Add(reading.Text.StartOf(at)..reading.Text.EndOf(bytes.Length - 1));
            }
        }

        var masked = MaskUpTo(text, _held);
        (_held, _passed, _isUnderMark) = (0, 0, false);
        return masked;
    }

    /// <summary>Masks a text that is whole; only for a window that masks no stream beside.</summary>
    /// <returns>The masked text; valid until the next call or until the text changes.</returns>
    public ReadOnlySpan<byte> MaskWhole(ReadOnlySpan<byte> text)
    {
        if (masker.Longest == 0)
            return text;
        Search(text);
        if (_found.Count == 0)
            return text;
        var masked = MaskUpTo(text, text.Length);
        (_passed, _isUnderMark) = (0, false);
        return masked;
    }

    private ReadOnlySpan<byte> Append(ReadOnlySpan<byte> chunk)
    {
        var length = _held + chunk.Length;
        EnsureRoom(length);
        chunk.CopyTo(_text.AsSpan(_held));
        return _text.AsSpan(0, length);
    }

    private void Hold(ReadOnlySpan<byte> rest)
    {
        EnsureRoom(rest.Length);
        rest.CopyTo(_text);
        _held = rest.Length;
    }

    // Finds all secrets, also those that overlap.
    private void Search(ReadOnlySpan<byte> text)
    {
        _found.Clear();
        foreach (var reading in _readings)
        {
            if (!reading.TryRead(text))
                continue;
            var bytes = reading.Text.Bytes;
            for (var (at, length) = masker.Find(bytes, 0); at >= 0; (at, length) = masker.Find(bytes, at + 1))
                _found.Add(reading.Text.StartOf(at)..reading.Text.EndOf(at + length - 1));
        }
    }

    /// <summary>Gives where what has to be looked at again begins, since a secret may begin there and go on behind the text.</summary>
    /// <param name="textLength">The length of the text that was searched.</param>
    /// <param name="pass">How much may be passed on: as far, or to the end of a line that ends with a few characters of a secret by chance.</param>
    private int HoldFrom(int textLength, out int pass)
    {
        var hold = pass = textLength;
        foreach (var reading in _readings)
        {
            if (!reading.IsUsed)
                continue;
            var searched = reading.Text;
            var bytes = searched.Bytes;
            (hold, pass) = (Math.Min(hold, searched.CompleteLength), Math.Min(pass, searched.CompleteLength));
            for (var (at, noChance) = masker.FindBeginning(bytes, 0); at >= 0; (at, noChance) = masker.FindBeginning(bytes, at + 1))
            {
                var start = searched.StartOf(at);
                var shown = searched.BytesBeforeLastLine - at;
                hold = Math.Min(hold, start);
                pass = Math.Min(pass, shown > 0 && shown < noChance ? searched.LastLine : start);
            }
        }

        // No reading may begin in the middle of an escape.
        for (var before = textLength + 1; hold < before;)
        {
            before = hold;
            foreach (var reading in _readings)
                hold = reading.IsUsed ? reading.Text.StartOfEscapeAt(hold) : hold;
        }

        // Whoever writes that much between the characters of a secret does not want it to be found.
        if (textLength - hold > MaxHeld)
            hold = pass = textLength;
        return hold;
    }

    private ReadOnlySpan<byte> PassUpTo(ReadOnlySpan<byte> text, int end)
    {
        (_passed, _isUnderMark) = (end, false);
        return text[..end];
    }

    // Secrets that overlap are one: behind the first, the end of the second would be left to read.
    private ReadOnlySpan<byte> MaskUpTo(ReadOnlySpan<byte> text, int end)
    {
        _masked.ResetWrittenCount();
        _found.Sort((one, other) => one.Start.Value.CompareTo(other.Start.Value));
        foreach (var secret in _found)
        {
            var (from, to) = (secret.Start.Value, secret.End.Value);
            if (from >= end)
                break;
            if (to <= _passed)
                continue;
            if (from > _passed)
                _masked.Write(text[_passed..from]);
            if (from >= _passed || !_isUnderMark)
                _masked.Write(SecretMasker.Mark);
            (_passed, _isUnderMark) = (to, true);
        }

        if (_passed < end)
        {
            _masked.Write(text[_passed..end]);
            (_passed, _isUnderMark) = (end, false);
        }

        return _masked.WrittenSpan;
    }

    private void EnsureRoom(int length)
    {
        if (_text.Length < length)
            Array.Resize(ref _text, Math.Max(length, 2 * _text.Length));
    }

    /// <summary>One way to read a text; of use where it has all the escapes that this way undoes.</summary>
    private sealed class Reading(EscapeKinds undone, bool withoutSpaces)
    {
        public SearchedText Text { get; } = new(withoutSpaces);

        public bool IsUsed { get; private set; }

        public bool TryRead(ReadOnlySpan<byte> text)
        {
            IsUsed = (!undone.HasFlag(EscapeKinds.Backslash) || text.Contains((byte)'\\')) && (!undone.HasFlag(EscapeKinds.Percent) || text.Contains((byte)'%'));
            if (IsUsed)
                Text.Read(text, undone);
            return IsUsed;
        }
    }
}
