using System.Globalization;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>A log excerpt in ever shorter forms, for a row that is at the size that an item may have.</summary>
internal static class LogSteps
{
    private static readonly int[] Sizes = [32 * 1024, 8 * 1024, 2 * 1024];

    /// <summary>The number of forms; the last one is only a note.</summary>
    public static int Count => Sizes.Length + 2;

    /// <summary>The excerpt as it is for step 0, shorter for each further one.</summary>
    public static string Shorten(string logs, int step, DateTimeOffset now)
    {
        if (step == 0)
        {
            return logs;
        }

        var isLast = step > Sizes.Length;
        var excerpt = LogExcerpt.Read(isLast ? null : RowValue.OfText(logs), now);
        excerpt.Add(
            now, "WARNING", string.Create(CultureInfo.InvariantCulture, $"The row was at DynamoDB's limit of 400 KB: lines of its log were left out ({logs.Length} characters before)."), keptFor: "400 KB");
        return excerpt.ToJson(isLast ? LogExcerpt.MaxMessageLength : Sizes[step - 1]);
    }
}
