namespace DelphiRunner.Engine.Security.Masking;

/// <summary>
/// Masks one stream chunk by chunk. What may be the beginning of a secret is held back until it is known, and no more than that, so
/// that a line is not late and a secret over the border of two chunks does not pass. Not thread-safe.
/// </summary>
internal sealed class MaskingWindow(SecretMasker masker)
{
    private byte[] _text = [];
    private byte[] _masked = [];
    private int _written;

    // How much of the text is held over, and how much of that lies under a mark that is written already.
    private int _held;
    private int _covered;

    /// <summary>Masks the next chunk.</summary>
    /// <returns>What may be passed on; valid until the next call or until the chunk changes.</returns>
    public ReadOnlySpan<byte> Mask(ReadOnlySpan<byte> chunk)
    {
        if (masker.Longest == 0 || chunk.IsEmpty)
            return chunk;
        if (_held == 0)
        {
            var begun = chunk.Length - masker.LengthOfBeginning(chunk);
            if (masker.IndexOf(chunk) is var first && (first < 0 || first >= begun))
            {
                _held = Append(chunk[begun..]);
                return chunk[..begun];
            }
        }

        var length = Append(chunk);
        var border = length - masker.LengthOfBeginning(_text.AsSpan(0, length));
        MaskUpTo(border, length);
        _held = length - border;
        _covered = Math.Max(0, _covered - border);
        _text.AsSpan(border, _held).CopyTo(_text);
        return _masked.AsSpan(0, _written);
    }

    /// <summary>Ends the stream. The beginning of a secret that was cut off by the end is masked too, from the shortest length on.</summary>
    /// <returns>What was held back.</returns>
    public ReadOnlySpan<byte> Finish()
    {
        _written = 0;
        EnsureRoom(_held);
        if (_held >= SecretMasker.MinLength && _covered == 0)
            WriteMark();
        else if (_held < SecretMasker.MinLength)
            Write(_covered, _held);
        _held = _covered = 0;
        return _masked.AsSpan(0, _written);
    }

    /// <summary>Masks a text that is whole; only for a window that masks no stream beside.</summary>
    /// <returns>The masked text; valid until the next call or until the text changes.</returns>
    public ReadOnlySpan<byte> MaskWhole(ReadOnlySpan<byte> text)
    {
        if (masker.IndexOf(text) < 0)
            return text;
        var length = Append(text);
        MaskUpTo(length, length);
        _covered = 0;
        return _masked.AsSpan(0, _written);
    }

    private int Append(ReadOnlySpan<byte> chunk)
    {
        var length = _held + chunk.Length;
        EnsureRoom(length);
        chunk.CopyTo(_text.AsSpan(_held));
        return length;
    }

    // Matches that overlap are one: behind the first, the end of the second would be left to read.
    private void MaskUpTo(int border, int length)
    {
        _written = 0;
        var at = 0;
        while (at < border && masker.IndexOf(_text.AsSpan(at, length - at)) is >= 0 and var next && at + next < border)
        {
            at += next;
            if (at >= _covered)
            {
                Write(_covered, at);
                WriteMark();
            }

            _covered = Math.Max(_covered, at + masker.LengthAtStart(_text.AsSpan(at, length - at)));
            at++;
        }

        Write(_covered, border);
    }

    private void Write(int from, int to)
    {
        if (from >= to)
            return;
        _text.AsSpan(from, to - from).CopyTo(_masked.AsSpan(_written));
        _written += to - from;
    }

    private void WriteMark()
    {
        SecretMasker.Mark.CopyTo(_masked.AsSpan(_written));
        _written += SecretMasker.Mark.Length;
    }

    // A mark is shorter than what it covers, so that the masked text never needs more room than the text.
    private void EnsureRoom(int length)
    {
        if (_text.Length < length)
            Array.Resize(ref _text, Math.Max(length, 2 * _text.Length));
        if (_masked.Length < length)
            _masked = new byte[_text.Length];
    }
}
