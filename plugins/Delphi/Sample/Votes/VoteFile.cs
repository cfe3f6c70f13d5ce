using System.Globalization;

namespace DelphiRunner.Plugins.Delphi.Sample.Votes;

/// <summary>Reads a votes file: a heading, and then lines of participant, comment and vote.</summary>
internal static class VoteFile
{
    private const string Heading = "participant,comment,vote";

    /// <exception cref="InvalidDataException">A line has another form; the message names it.</exception>
    public static IEnumerable<Vote> Read(string path)
    {
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (number == 1 && line != Heading)
            {
                throw new InvalidDataException($"Votes file '{path}' begins with '{line}'; its first line must be '{Heading}'.");
            }

            if (number > 1 && line.Length > 0)
            {
                yield return Parse(path, number, line);
            }
        }
    }

    private static Vote Parse(string path, int number, string line)
    {
        var fields = line.Split(',');
        return fields.Length == 3
            && int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var participant)
            && int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var comment)
            && int.TryParse(fields[2], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            && value is >= -1 and <= 1
                ? new Vote(participant, comment, value)
                : throw new InvalidDataException(
                    $"Line {number} of votes file '{path}' is '{line}'; it must hold a participant, a comment and a vote of -1, 0 or 1.");
    }
}
