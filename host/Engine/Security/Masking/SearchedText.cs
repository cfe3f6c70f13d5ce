using System.Buffers;
using System.Text;

namespace DelphiRunner.Engine.Security.Masking;

/// <summary>
/// A text as it is searched for secrets: without what breaks lines and without what nobody sees, and with the escapes
/// undone that were asked for. It knows where in the text each of its bytes came from. Not thread-safe.
/// </summary>
/// <param name="withoutSpaces">Whether spaces are left out too: whoever wraps a text at a space puts a line break in its place.</param>
/// <remarks>
/// A secret that is coloured, wrapped, or written by any program's rules of what to escape is then found as it is. White space behind a line
/// break counts as part of it, since wrapped text may be indented.
/// </remarks>
internal sealed class SearchedText(bool withoutSpaces)
{
    /// <summary>The longest run of what is left out, in bytes; behind a longer one nothing goes on.</summary>
    public const int MaxGap = 256;

    // What is not taken as it is, by which escapes are undone; and the same without spaces.
    private static readonly SearchValues<byte>[] Specials =
        [.. new[] { "", "\\", "%", "\\%", " ", " \\", " %", " \\%" }.Select(further => SearchValues.Create([.. UnseenCharacters.FirstBytes, .. Encoding.ASCII.GetBytes(further)]))];

    // Stands in no form, since line breaks are left out of those too.
    private const byte Barrier = (byte)'\n';

    private byte[] _bytes = [];
    private int _length;
    private Piece[] _pieces = [];
    private int _pieceCount;
    private int _gap;
    private bool _isIndent;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Gets where the text ends in the middle of an escape, so that what follows decides what it is; otherwise the text's length.</summary>
    public int CompleteLength { get; private set; }

    /// <summary>Gets where the last line begins, in the text; 0 when it has no line break.</summary>
    public int LastLine { get; private set; }

    /// <summary>Gets how many of the bytes stand before the last line.</summary>
    public int BytesBeforeLastLine { get; private set; }

    /// <summary>Gives the text without what the search leaves out; with its spaces.</summary>
    public static byte[] Of(ReadOnlySpan<byte> text)
    {
        var searched = new SearchedText(withoutSpaces: false);
        searched.Read(text, EscapeKinds.None);
        return searched.Bytes.ToArray();
    }

    /// <summary>Reads a text, in place of the one before.</summary>
    public void Read(ReadOnlySpan<byte> text, EscapeKinds undone)
    {
        (_length, _pieceCount, _gap, _isIndent) = (0, 0, 0, false);
        (LastLine, BytesBeforeLastLine, CompleteLength) = (0, 0, text.Length);
        if (_bytes.Length < text.Length)
            _bytes = new byte[text.Length];
        var special = Specials[(int)undone + (withoutSpaces ? 4 : 0)];
        for (var at = 0; at < text.Length;)
        {
            var plain = text[at..].IndexOfAny(special) is >= 0 and var next ? next : text.Length - at;
            at = TakePlain(text, at, at + plain);
            if (at < text.Length && !TryTakeSpecial(text, ref at))
            {
                CompleteLength = at;
                return;
            }
        }
    }

    /// <summary>Gives where the byte at an index begins in the text.</summary>
    public int StartOf(int index)
    {
        var piece = PieceOf(index);
        return piece.IsPlain ? piece.Start + index - piece.Index : piece.Start;
    }

    /// <summary>Gives where the byte at an index ends in the text.</summary>
    public int EndOf(int index)
    {
        var piece = PieceOf(index);
        return piece.IsPlain ? piece.Start + index - piece.Index + 1 : piece.Start + piece.Length;
    }

    /// <summary>Gives the place itself, or if it is in the middle of an escape that was undone, where that begins.</summary>
    public int StartOfEscapeAt(int place)
    {
        var (low, high) = (0, _pieceCount);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _pieces[middle].Start <= place ? (middle + 1, high) : (low, middle);
        }

        return low > 0 && _pieces[low - 1] is { IsPlain: false } escape && place < escape.Start + escape.Length ? escape.Start : place;
    }

    private int TakePlain(ReadOnlySpan<byte> text, int from, int to)
    {
        if (_isIndent)
        {
            var start = from;
            while (from < to && text[from] == ' ')
                from++;
            LeaveOut(start, from - start);
        }

        if (from == to)
            return to;
        (_gap, _isIndent) = (0, false);
        AddPiece(new Piece(_length, from, Length: 0));
        text[from..to].CopyTo(_bytes.AsSpan(_length));
        _length += to - from;
        return to;
    }

    private bool TryTakeSpecial(ReadOnlySpan<byte> text, ref int at)
    {
        switch (text[at])
        {
            case (byte)'\n' or (byte)'\r':
                LeaveOut(at, 1);
                _isIndent = true;
                at++;
                (LastLine, BytesBeforeLastLine) = (at, _length);
                return true;
            case (byte)' ':
                LeaveOut(at, 1);
                at++;
                return true;
            case (byte)'\\' or (byte)'%':
                return TryTakeEscape(text, ref at);
            default:
                var code = UnseenCharacters.LengthAt(text[at..], out var isCutOff);
                if (isCutOff)
                    return false;
                if (code > 0)
                    LeaveOut(at, code);
                at = code == 0 ? TakePlain(text, at, at + 1) : at + code;
                return true;
        }
    }

    private bool TryTakeEscape(ReadOnlySpan<byte> text, ref int at)
    {
        Span<byte> meant = stackalloc byte[4];
        var escape = Escape.Read(text[at..], meant);
        if (escape.IsCutOff)
            return false;
        at = escape.Length == 0 ? TakePlain(text, at, at + 1) : TakeEscape(at, escape.Length, meant[..escape.Meant]);
        return true;
    }

    private int TakeEscape(int at, int length, ReadOnlySpan<byte> meant)
    {
        if (UnseenCharacters.LengthAt(meant, out _) == meant.Length || ((_isIndent || withoutSpaces) && meant is [(byte)' ']))
        {
            LeaveOut(at, length);
            _isIndent |= meant is [(byte)'\n' or (byte)'\r'];
        }
        else
        {
            (_gap, _isIndent) = (0, false);
            AddPiece(new Piece(_length, at, length));
            meant.CopyTo(_bytes.AsSpan(_length));
            _length += meant.Length;
        }

        return at + length;
    }

    private void LeaveOut(int at, int length)
    {
        var before = _gap;
        _gap += length;
        if (before <= MaxGap && _gap > MaxGap)
        {
            AddPiece(new Piece(_length, at, length));
            _bytes[_length++] = Barrier;
        }
    }

    private void AddPiece(Piece piece)
    {
        if (_pieceCount == _pieces.Length)
            Array.Resize(ref _pieces, Math.Max(16, 2 * _pieceCount));
        _pieces[_pieceCount++] = piece;
    }

    private Piece PieceOf(int index)
    {
        var (low, high) = (0, _pieceCount);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _pieces[middle].Index <= index ? (middle + 1, high) : (low, middle);
        }

        return _pieces[low - 1];
    }

    /// <summary>Bytes that came from one place.</summary>
    /// <param name="Index">The first of them.</param>
    /// <param name="Start">Where they begin in the text.</param>
    /// <param name="Length">How long the escape is that they are written as; 0 when they are as they were.</param>
    private readonly record struct Piece(int Index, int Start, int Length)
    {
        public bool IsPlain => Length == 0;
    }
}
