using System.Globalization;

namespace DelphiRunner.Plugins.Delphi.Sample.Votes;

/// <summary>Reads the comments that a votes file is about, from <c>comments.csv</c> beside it. A file without one has comments without a text.</summary>
internal static class CommentFile
{
    /// <exception cref="InvalidDataException">A line has another form; the message names it.</exception>
    public static IReadOnlyDictionary<int, Comment> ReadBeside(string votesPath)
    {
        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(votesPath))!, "comments.csv");
        return File.Exists(path)
            ? File.ReadLines(path).Skip(1).Where(line => line.Length > 0).Select(line => Parse(path, line)).ToDictionary(comment => comment.Number)
            : new Dictionary<int, Comment>();
    }

    private static Comment Parse(string path, string line)
    {
        var fields = line.Split(',', 4);
        return fields.Length == 4
            && int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && int.TryParse(fields[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var moderation)
            && int.TryParse(fields[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var selection)
                ? new Comment(number, moderation, selection, fields[3])
                : throw new InvalidDataException($"Comments file '{path}' holds '{line}'; a line is number,moderation,selection,text.");
    }
}

/// <summary>A comment; moderation or selection of -1 means that a moderator, or the author of a report, took it out.</summary>
internal sealed record Comment(int Number, int Moderation, int Selection, string Text);
